/** `npm run seed -- --bots 200 --chats 20000 --messages 1000000 [--creators 20] [--json]`: a large installation to measure on. */
import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { openCommand, readOption, refuseUsage } from './command.ts'
import { seedConversations, seedGapGroups, seedTraces } from './seed/conversations.ts'
import { seedBots, seedCreators, seedDocuments } from './seed/creators.ts'

const args = process.argv.slice(2)
const sizes = {
  creators: readCount('creators', 20),
  bots: readCount('bots', 200),
  chats: readCount('chats', 20_000),
  messages: readCount('messages', 1_000_000),
}
if (sizes.bots < sizes.creators || sizes.chats < sizes.bots || sizes.messages < 2 * sizes.chats) {
  refuseUsage('npm run seed -- --bots B --chats C --messages M [--creators N], N <= B <= C <= M / 2')
}

await openCommand(async ({ db, files, embedding }) => {
  const startedMs = performance.now()
  // Names that are the installation's own: a second seed stands beside the first.
  const run = randomBytes(3).toString('hex')
  const creators = await seedCreators(db, run, sizes.creators)
  const bots = await seedBots(db, run, { creators, count: sizes.bots })
  await seedDocuments(db, files, { creators, embeddedWith: embedding?.name })
  await seedConversations(db, { ...sizes, bots }, report)
  await seedGapGroups(db, bots)
  await seedTraces(db, bots)
  // What a database that grew slowly has done in the background already.
  await sql`VACUUM ANALYZE`.execute(db)
  const seconds = Math.round((performance.now() - startedMs) / 1_000)
  const figures = { ...sizes, seconds, run }
  console.log(
    args.includes('--json')
      ? JSON.stringify(figures)
      : `seeded ${sizes.messages} messages in ${sizes.chats} chats of ${sizes.bots} bots in ${seconds} s (owners: owner-N-${run}@seed.example)`,
  )
})

function report(done: number): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${sizes.chats} chats`)
}

function readCount(name: string, fallback: number): number {
  const given = readOption(args, name)
  if (given === undefined) return fallback
  if (!/^[1-9]\d{0,8}$/.test(given)) refuseUsage(`--${name} wants a number above 0`)
  return Number(given)
}
