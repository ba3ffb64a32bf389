import { type DestinationStream, type Logger, pino } from 'pino'

export type { Logger } from 'pino'

/** Keys whose values never reach a log line, wherever they stand in the logged object. */
const SECRET_KEYS = ['token', 'secret', 'password', 'authorization', 'credentials', 'apiKey', 'text', 'quote']

/** A bot token inside a URL (`/bot123:AA.../`) or standing alone, a bearer header, an OpenAI-style key, one of our own API keys. */
const SECRET_PATTERN =
  /\b\d{6,}:[A-Za-z0-9_-]{30,}|Bearer\s+[^\s"']+|\bsk-[A-Za-z0-9_-]{16,}|\bEAA[A-Za-z0-9]{20,}|\bcmk_[\w-]{16,}/g

/** Replaces every credential in a text that is about to be logged or stored as an error. */
export function redact(text: string): string {
  return text.replace(SECRET_PATTERN, '[secret]')
}

/**
 * A structured logger that writes one JSON line per event to standard error,
 * so that a command's standard output stays its own.
 *
 * Lines carry ids, never a person's words: secret keys are dropped up to three
 * levels deep and credentials inside error messages are replaced.
 *
 * `destination` takes the lines instead of standard error.
 */
export function createLogger(
  level: string,
  destination: DestinationStream = pino.destination({ dest: 2, sync: true }),
): Logger {
  return pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: {
        paths: SECRET_KEYS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]),
        censor: '[secret]',
      },
      serializers: { err: presentError },
    },
    destination,
  )
}

/** An error as it may be logged: name, code, redacted message and stack, and its cause the same way. */
function presentError(error: unknown): unknown {
  if (!(error instanceof Error)) return redact(String(error))
  return {
    name: error.name,
    code: 'code' in error ? error.code : undefined,
    message: redact(error.message),
    stack: redact(error.stack ?? ''),
    cause: error.cause === undefined ? undefined : presentError(error.cause),
  }
}
