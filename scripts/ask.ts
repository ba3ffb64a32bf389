/** `npm run ask -- --bot SLUG [--json] "question"`: one question through the same answer path as a chat. */
import { findBotBySlug } from '../src/bots/bot.ts'
import { AppError } from '../src/errors.ts'
import { openCommand, readOption, readWords, refuseUsage } from './command.ts'

const args = process.argv.slice(2)
const slug = readOption(args, 'bot')
const question = readWords(args).join(' ').trim()
if (!slug || !question) refuseUsage('npm run ask -- --bot SLUG [--json] "question"')

await openCommand(async ({ db, answerer, ingestOpenVersions }) => {
  const bot = await findBotBySlug(db, slug)
  if (!bot) throw new AppError('bot.not_found', { slug })
  await ingestOpenVersions()
  const answer = await answerer.answer({
    bot,
    question,
    history: [],
    signal: AbortSignal.timeout(120_000),
    onDraft: () => {},
  })
  if (args.includes('--json')) {
    const { markdown, refused, citations, model, cached, degraded, usage, ms } = answer
    const proofs = citations.map(({ n, document, locator, quote }) => ({ n, document, locator, quote }))
    console.log(
      JSON.stringify({ answer: markdown, refused, citations: proofs, model, cached, degraded, usage, ms }),
    )
    return
  }
  console.log(answer.markdown)
  for (const { n, document, locator, quote } of answer.citations) {
    console.log(`\n[${n}] ${[document, locator].filter(Boolean).join(' · ')}\n    “${quote}”`)
  }
})
