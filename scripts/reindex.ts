/** `npm run reindex -- --bot SLUG`: rebuilds a bot's vectors from PostgreSQL, answering all the while. */
import { findBotBySlug } from '../src/bots/bot.ts'
import { AppError } from '../src/errors.ts'
import { reindexBase } from '../src/knowledge/vectors/reindex.ts'
import { openCommand, readOption, refuseUsage } from './command.ts'

const slug = readOption(process.argv.slice(2), 'bot')
if (!slug) refuseUsage('npm run reindex -- --bot SLUG')

await openCommand(async ({ db, vectors, embedding }) => {
  const bot = await findBotBySlug(db, slug)
  if (!bot) throw new AppError('bot.not_found', { slug })
  if (!embedding) throw new AppError('embedding.unavailable')
  const { passages } = await reindexBase(
    { db, vectors, embedding },
    { creatorId: bot.creatorId, knowledgeBaseId: bot.knowledgeBaseId },
  )
  console.log(`${slug}: ${passages} passages embedded with ${embedding.name}`)
})
