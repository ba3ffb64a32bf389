import { Router } from 'express'
import { z } from 'zod'
import { cutQuote } from '../../../knowledge/citation.ts'
import { getKnowledgeBase } from '../../../knowledge/knowledge-base.ts'
import {
  presentLocator,
  type Retrieval,
  type RetrievalStep,
  type RetrievedPassage,
} from '../../../knowledge/passage.ts'
import { compareSides } from '../../../knowledge/retrieval/compare-sides.ts'
import { markWords } from '../../../knowledge/words/mark.ts'
import { createRateLimiter } from '../../rate-limit.ts'
import type { AdminParts } from '../admin-parts.ts'
import { getAddress } from '../bot-address.ts'
import { sendPage } from '../page.ts'
import { visitOf } from '../visit.ts'
import { nearestRecency, RECENCY_CHOICES } from './order.ts'

/** What a person types by hand; each one costs the embedding model a question. */
const SEARCHES = { max: 60, windowMs: 60_000 }
const MAX_QUESTION_CHARS = 500

const SearchQuery = z.object({
  q: z.string().trim().max(MAX_QUESTION_CHARS).catch('').default(''),
})

const STEPS: Record<RetrievalStep, string> = {
  keyword_only: 'Search by meaning is not ready for this material yet. The bot answers by words alone.',
  vectors_unavailable: 'Search by meaning does not answer at the moment. The bot answers by words alone.',
  rerank_unavailable: 'The second look at the best passages was left out: it took too long.',
}

/** What the bot finds for a question, and how: by words, by meaning, and both together. */
export function createSearchPage({
  within,
  retrieve,
  embedding,
}: Pick<AdminParts, 'within' | 'retrieve' | 'embedding'>): Router {
  const router = Router()
  const limiter = createRateLimiter(SEARCHES)

  router.get('/bots/:botId/knowledge/search', async (req, res) => {
    const { actor } = visitOf(res)
    const { bot, key, recency } = await within(actor.creatorId, async (trx) => {
      const address = await getAddress(trx, req, res)
      const { recency } = await getKnowledgeBase(trx, address.key)
      return { ...address, recency: nearestRecency(recency) }
    })
    const { q: question } = SearchQuery.parse(req.query)
    const base = `/admin/bots/${bot.id}/knowledge`
    const model = {
      ...{ section: 'knowledge' as const, bot, base, question, maxChars: MAX_QUESTION_CHARS },
      ...{ recency, recencies: RECENCY_CHOICES },
    }
    if (!question)
      return sendPage(req, res, 'knowledge/search', { ...model, title: 'Look things up', sides: [] })
    limiter.take(actor.memberId ?? actor.creatorId)
    const { keyword, vector, fused } = await compareSides(retrieve, { ...key, question })
    const present = ({ passages }: Retrieval, side: SideId) =>
      passages.map((passage) => presentHit(passage, { side, question, base }))
    sendPage(req, res, 'knowledge/search', {
      ...model,
      title: `“${question}” in the material`,
      steps: fused.degraded.map((step) => STEPS[step]),
      ms: Math.round(fused.ms.total),
      sides: [
        {
          id: 'fused',
          title: 'What the bot gets',
          hint: 'Both ways together, best first.',
          hits: present(fused, 'fused'),
        },
        {
          id: 'keyword',
          title: 'By words',
          hint: 'Passages with the words of the question.',
          hits: present(keyword, 'keyword'),
        },
        {
          id: 'vector',
          title: 'By meaning',
          hint: embedding
            ? 'Passages that say something alike, in whatever words.'
            : 'Not in use: this installation has no model for it.',
          hits: present(vector, 'vector'),
        },
      ],
    })
  })
  return router
}

type SideId = 'fused' | 'keyword' | 'vector'

function presentHit(
  passage: RetrievedPassage,
  { side, question, base }: { side: SideId; question: string; base: string },
) {
  return {
    id: passage.id,
    title: passage.document,
    href: `${base}/documents/${passage.documentId}`,
    place: presentLocator(passage),
    snippet: markWords(cutSnippet(passage.text, question), question),
    whole: markWords(passage.text, question),
    scores: presentScores(passage, side),
  }
}

/** One side alone has one score that means something. */
function presentScores({ score, keywordScore, similarity }: RetrievedPassage, side: SideId) {
  const words = { label: 'Words', value: keywordScore?.toFixed(3) }
  const meaning = { label: 'Meaning', value: similarity?.toFixed(3) }
  if (side === 'keyword') return [words]
  if (side === 'vector') return [meaning]
  return [{ label: 'Together', value: score.toFixed(3) }, words, meaning]
}

const SNIPPET_CHARS = 220
const LEAD_CHARS = 60

/** The stretch of a passage around the first word asked for. */
function cutSnippet(text: string, question: string): string {
  let first = 0
  for (const part of markWords(text, question)) {
    if (part.isMarked) break
    first += part.text.length
  }
  const isFound = first < text.length
  const start = isFound && first > LEAD_CHARS ? text.indexOf(' ', first - LEAD_CHARS) + 1 : 0
  const snippet = cutQuote(text.slice(start), SNIPPET_CHARS)
  return `${start > 0 ? '… ' : ''}${snippet}${start + snippet.length < text.length ? ' …' : ''}`
}
