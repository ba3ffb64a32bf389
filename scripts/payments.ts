/** `npm run payments -- reconcile [--creator ID] [--json]`: holds what is stored against the payment provider. */
import { createReconcile } from '../src/billing/reconcile/reconcile.ts'
import { AppError } from '../src/errors.ts'
import { openCommand, readOption, readWords, refuseUsage } from './command.ts'

const USAGE = 'npm run payments -- reconcile [--creator ID] [--json]'

const args = process.argv.slice(2)
const [action] = readWords(args)
const creatorId = readOption(args, 'creator')
if (action !== 'reconcile' || creatorId === '') refuseUsage(USAGE)

await openCommand(async ({ db, payments, settle, config, log }) => {
  if (!payments || !settle) throw new AppError('payment.not_set_up')
  // The Chats whose stopped question may be answered now are found by the sweep of the running installation.
  const reconcile = createReconcile({
    db,
    payments,
    settle,
    nudgeTurn: () => {},
    settings: config.payments,
    log,
  })
  const report = await reconcile({ creatorId })
  if (args.includes('--json')) return console.log(JSON.stringify(report))
  for (const { kind, objectId, details } of report.repaired)
    console.log(`repaired  ${kind}  ${objectId}  ${JSON.stringify(details)}`)
  for (const { objectId, error } of report.failed) console.log(`failed    ${objectId}  ${error}`)
  if (report.silentSince)
    console.log(`No webhook brought what happened since ${report.silentSince.toISOString()}.`)
  console.log(
    `${report.checked} checked, ${report.repaired.length} repaired, ${report.failed.length} failed.`,
  )
})
