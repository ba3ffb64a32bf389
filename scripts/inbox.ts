/** `npm run inbox -- dead | replay ID`: Updates that were set aside because every try failed. */
import { listDeadUpdates, replayUpdate } from '../src/messaging/inbox.ts'
import { openCommand, refuseUsage } from './command.ts'

const [action, id] = process.argv.slice(2)

await openCommand(async ({ db }) => {
  if (action === 'dead') {
    for (const row of await listDeadUpdates(db)) {
      console.log(`${row.id}  ${row.received_at.toISOString()}  ${row.channel}  ${row.error_code}`)
    }
  } else if (action === 'replay' && id && /^\d+$/.test(id)) {
    console.log(
      (await replayUpdate(db, id)) ? `Update ${id} is open again.` : `No Update ${id} was set aside.`,
    )
  } else refuseUsage('npm run inbox -- dead | replay ID')
})
