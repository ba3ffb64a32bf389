/** Writes `.env.example` from the settings table: `node scripts/env-example.ts > .env.example`. */
import { presentEnvExample } from '../src/settings.ts'

process.stdout.write(presentEnvExample())
