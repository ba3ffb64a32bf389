import { z } from 'zod'
import type { Db } from '../db/database.ts'
import { AppError } from '../errors.ts'
import { presentLocator } from '../knowledge/passage.ts'
import type { ChatKey } from '../messaging/chat-facts.ts'

/** What a Turn kept of its answer. Lenient: the Traces of earlier versions are read as well. */
const StoredTrace = z.object({
  question: z.string().default(''),
  language: z.string().optional(),
  kind: z.string().default('answer'),
  model: z.string(),
  cached: z.boolean().default(false),
  entitlement: z
    .object({
      isAllowed: z.boolean(),
      source: z.string().optional(),
      reason: z.string().optional(),
      planKey: z.string().optional(),
      left: z.number().optional(),
    })
    .optional(),
  cache: z
    .object({
      outcome: z.string(),
      reason: z.string().optional(),
      similarity: z.number().optional(),
      savedUsd: z.number().optional(),
    })
    .optional(),
  prompt: z.object({ version: z.number(), grounding: z.number() }).optional(),
  degraded: z.array(z.string()).default([]),
  usage: z
    .object({ inputTokens: z.number(), outputTokens: z.number(), costUsd: z.number() })
    .default({ inputTokens: 0, outputTokens: 0, costUsd: 0 }),
  ms: z
    .object({ total: z.number(), rewrite: z.number(), retrieve: z.number(), generate: z.number() })
    .default({ total: 0, rewrite: 0, retrieve: 0, generate: 0 }),
  passages: z
    .array(
      z.object({
        id: z.string(),
        score: z.number(),
        keywordScore: z.number().optional(),
        similarity: z.number().optional(),
      }),
    )
    .default([]),
  citations: z.array(z.object({ n: z.number(), passageId: z.string() })).default([]),
  droppedClaims: z.number().default(0),
  restarts: z.number().default(0),
})

/** Whether the person might ask this: `source` says what let them, `reason` what kept them from it. */
export interface EntitlementTrace {
  isAllowed: boolean
  source?: string | undefined
  reason?: string | undefined
  planKey?: string | undefined
  /** Of what is counted, after this. */
  left?: number | undefined
}

/** How an answer was told from what is kept: `exact`, `semantic`, `shared`, or `miss` with the reason. */
export interface CacheTrace {
  outcome: string
  reason?: string | undefined
  /** Cosine to the question it was first given to. */
  similarity?: number | undefined
  savedUsd?: number | undefined
}

/** A Passage that was found for an answer. */
export interface TracedPassage {
  passageId: string
  /** The numbers under which the answer cites it. */
  citedAs: number[]
  score: number
  keywordScore: number | undefined
  similarity: number | undefined
  /** As it stands now; `undefined` when it was removed or replaced since. */
  found: { documentId: string; document: string; locator: string; text: string } | undefined
}

/** Why an answer is as it is. */
export interface AnswerTrace {
  messageId: string
  at: Date
  /** In the person's words. */
  asked: string | undefined
  /** As it was looked up: with what it referred to. */
  question: string
  language: string | undefined
  outcome: string
  model: string
  isCached: boolean
  /** Absent where nothing was looked for. */
  cache: CacheTrace | undefined
  /** What let the person ask, or what kept them from it; absent where nobody was asked. */
  entitlement: EntitlementTrace | undefined
  /** Which wording the model was given: 0 is the program's own. `undefined` where no model was asked. */
  prompt: { version: number; grounding: number } | undefined
  steps: string[]
  usage: { inputTokens: number; outputTokens: number; costUsd: number }
  ms: { total: number; rewrite: number; retrieve: number; generate: number }
  /** Best first. */
  passages: TracedPassage[]
  /** Sentences left out because nothing supports them. */
  droppedClaims: number
  /** How often it began anew because the person wrote on. */
  restarts: number
}

/** Messages before an answer among which its question is: a Turn says few things. */
const NEARBY = 5

/**
 * @throws {AppError} `message.not_found` when the Chat has no such Message, or nothing is to be told about it:
 *   it is no answer, or its words were erased.
 */
export async function getAnswerTrace(db: Db, chat: ChatKey, messageId: string): Promise<AnswerTrace> {
  const message = await db
    .selectFrom('message')
    .innerJoin('chat', 'chat.id', 'message.chat_id')
    .innerJoin('turn', 'turn.id', 'message.turn_id')
    .select(['message.position', 'message.turn_id', 'message.created_at', 'turn.trace'])
    .where('message.id', '=', messageId)
    .where('message.chat_id', '=', chat.chatId)
    .where('message.creator_id', '=', chat.creatorId)
    .where('chat.bot_id', '=', chat.botId)
    .where('message.direction', '=', 'out')
    .executeTakeFirst()
  const stored = StoredTrace.safeParse(message?.trace)
  if (!message || !stored.success) throw new AppError('message.not_found')
  const { kind, cached, cache, entitlement, degraded, citations, passages, ...trace } = stored.data
  return {
    messageId,
    at: message.created_at,
    asked: await findQuestion(db, chat.chatId, message),
    question: trace.question,
    language: trace.language,
    outcome: kind,
    model: trace.model,
    isCached: cached,
    cache,
    entitlement,
    prompt: trace.prompt,
    steps: degraded,
    usage: trace.usage,
    ms: trace.ms,
    passages: await describePassages(db, chat.creatorId, { passages, citations }),
    droppedClaims: trace.droppedClaims,
    restarts: trace.restarts,
  }
}

async function findQuestion(
  db: Db,
  chatId: string,
  { position, turn_id: turnId }: { position: string; turn_id: string },
): Promise<string | undefined> {
  const rows = await db
    .selectFrom('message')
    .select(['turn_id', 'direction', 'markdown'])
    .where('chat_id', '=', chatId)
    .where('position', '<', position)
    .orderBy('position', 'desc')
    .limit(NEARBY)
    .execute()
  return rows.find((row) => row.turn_id === turnId && row.direction === 'in')?.markdown
}

/** What is known of Passages that were found for an answer, best first. */
export async function describePassages(
  db: Db,
  creatorId: string,
  { passages, citations }: Pick<z.output<typeof StoredTrace>, 'passages' | 'citations'>,
): Promise<TracedPassage[]> {
  const ids = passages.map(({ id }) => id).filter((id) => /^\d{1,18}$/.test(id))
  const rows =
    ids.length === 0
      ? []
      : await db
          .selectFrom('passage')
          .innerJoin('document', 'document.id', 'passage.document_id')
          .select([
            'passage.id',
            'passage.text',
            'passage.heading_path',
            'passage.page_from',
            'passage.page_to',
          ])
          .select(['passage.start_ms', 'document.id as document_id', 'document.title'])
          .where('passage.id', 'in', ids)
          .where('passage.creator_id', '=', creatorId)
          .execute()
  const standing = new Map(rows.map((row) => [row.id, row]))
  return passages.map(({ id, score, keywordScore, similarity }) => {
    const row = standing.get(id)
    return {
      passageId: id,
      citedAs: citations.filter(({ passageId }) => passageId === id).map(({ n }) => n),
      score,
      keywordScore,
      similarity,
      found: row && {
        documentId: row.document_id,
        document: row.title,
        locator: presentLocator({
          document: row.title,
          headingPath: row.heading_path,
          ...(row.page_from !== null && { pageFrom: row.page_from }),
          ...(row.page_to !== null && { pageTo: row.page_to }),
          ...(row.start_ms !== null && { startMs: row.start_ms }),
        }),
        text: row.text,
      },
    }
  })
}
