/** `npm run bench -- NAME [--json]`: each measures itself beside a bare baseline or a limit in the same run. */
import { describeFailure, readWords, refuseUsage } from './command.ts'

const BENCHES: Record<string, () => Promise<{ run(): Promise<Record<string, unknown>> }>> = {
  webhook: () => import('./bench/webhook.ts'),
  turn: () => import('./bench/turn.ts'),
  retrieve: () => import('./bench/retrieve.ts'),
  scale: () => import('./bench/scale.ts'),
  ingest: () => import('./bench/ingest.ts'),
  cache: () => import('./bench/cache.ts'),
  claims: () => import('./bench/claims.ts'),
  pages: () => import('./bench/pages.ts'),
}

const args = process.argv.slice(2)
const [name = ''] = readWords(args)
const load = BENCHES[name]
if (!load) refuseUsage(`npm run bench -- ${Object.keys(BENCHES).join(' | ')} [--json]`)

try {
  const { run } = await load()
  const figures = await run()
  console.log(args.includes('--json') ? JSON.stringify(figures) : JSON.stringify(figures, null, 2))
  process.exit(0)
} catch (error) {
  console.error(describeFailure(error))
  process.exit(1)
}
