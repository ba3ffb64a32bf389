/** `npm start`: the whole of Cornerman in one process, until a signal ends it. */
import { createApp } from '../src/app.ts'
import { readConfig } from '../src/config.ts'
import { createLogger } from '../src/logger.ts'
import { describeFailure } from './command.ts'

try {
  const config = readConfig()
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
