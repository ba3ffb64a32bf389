/** `npm start`: the whole of Cornerman in one process, until a signal ends it. */
import { enableCompileCache } from 'node:module'

// Before anything else is loaded: what was compiled once is read from disk, which saves a start half its time.
enableCompileCache()
const { readConfig } = await import('../src/config.ts')
const { createLogger } = await import('../src/logger.ts')
const { describeFailure } = await import('./command.ts')

try {
  const config = readConfig()
  // A second of loading, which a wrong setting need not wait for.
  const { createApp } = await import('../src/app.ts')
  const app = await createApp(config, createLogger(config.logLevel))
  const stop = () => {
    app.stop().then(
      () => process.exit(0),
      (error) => {
        console.error(describeFailure(error))
        process.exit(1)
      },
    )
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  const port = await app.start()
  console.log(`ready http://localhost:${port}`)
} catch (error) {
  console.error(describeFailure(error))
  process.exit(1)
}
