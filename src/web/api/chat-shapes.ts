import { z } from 'zod'
import type { AnswerTrace } from '../../insights/answer-trace.ts'
import type { ChatFacts } from '../../messaging/chat-facts.ts'
import type { ChatSummary } from '../../messaging/chat-list.ts'
import type { ChatNote as Note } from '../../messaging/chat-note.ts'
import type { ThreadMessage } from '../../messaging/thread.ts'
import { CHANNELS } from '../../messaging/update.ts'
import { Instant } from './operation.ts'

export const Chat = z.object({
  id: z.uuid(),
  channel: z.enum(CHANNELS),
  chatKey: z.string().describe('The channel’s own id of the conversation.'),
  subscriberName: z.string().nullable(),
  language: z.string().nullable(),
  lastMessageAt: Instant,
  isBlocked: z.boolean().describe('The person blocked the bot or left.'),
  flag: z
    .object({ reason: z.string(), at: Instant })
    .nullable()
    .describe('The person seems to be in danger, and no one has looked after it yet.'),
  takeover: z
    .object({ memberId: z.uuid().nullable(), name: z.string().nullable(), until: Instant })
    .nullable()
    .describe('Who answers in place of the bot.'),
  lastLine: z
    .object({ text: z.string(), from: z.enum(['subscriber', 'bot', 'member']) })
    .nullable()
    .optional()
    .describe('In lists.'),
  waitingCount: z.int().optional().describe('In lists: messages since somebody last answered.'),
  trouble: z.enum(['failed', 'doubtful']).nullable().optional().describe('In lists: of the last messages.'),
})

/** A quote, verbatim, and where it stands. */
export const Citation = z.object({
  n: z.int(),
  documentId: z.string(),
  document: z.string(),
  locator: z.string(),
  quote: z.string(),
})

export const ChatMessage = z.object({
  id: z.uuid(),
  position: z.string().describe('Rises within a chat.'),
  direction: z.enum(['in', 'out']),
  kind: z.string(),
  from: z.enum(['subscriber', 'bot', 'member']),
  memberName: z.string().nullable(),
  markdown: z.string(),
  citations: z.array(Citation),
  at: Instant,
  delivery: z
    .object({
      state: z.enum(['waiting', 'sending', 'sent', 'delivered', 'read', 'doubtful', 'failed']),
      reason: z.string().nullable().describe('Code of what went wrong.'),
      detail: z.string().nullable().describe('The channel’s own words.'),
      doubts: z.int().describe('How often it was in doubt: it may have arrived more than once.'),
    })
    .nullable(),
  hasTrace: z.boolean(),
})

export const ChatNote = z.object({
  id: z.uuid(),
  text: z.string(),
  memberName: z.string().nullable(),
  at: Instant,
})

export const Trace = z.object({
  messageId: z.uuid(),
  at: Instant,
  asked: z.string().nullable().describe('In the person’s words.'),
  question: z.string().describe('As it was looked up.'),
  language: z.string().nullable(),
  outcome: z.string(),
  model: z.string(),
  isCached: z.boolean(),
  cache: z
    .object({
      outcome: z.string().describe('exact, semantic, shared, or miss.'),
      reason: z.string().nullable().describe('Why nothing kept was given.'),
      similarity: z.number().nullable(),
      savedUsd: z.number().nullable(),
    })
    .nullable(),
  prompt: z.object({ version: z.int(), grounding: z.int() }).nullable(),
  steps: z.array(z.string()).describe('What had to be done without.'),
  usage: z.object({ inputTokens: z.number(), outputTokens: z.number(), costUsd: z.number() }),
  ms: z.object({ total: z.number(), rewrite: z.number(), retrieve: z.number(), generate: z.number() }),
  passages: z.array(
    z.object({
      passageId: z.string(),
      citedAs: z.array(z.int()),
      score: z.number(),
      keywordScore: z.number().nullable(),
      similarity: z.number().nullable(),
      found: z
        .object({ documentId: z.uuid(), document: z.string(), locator: z.string(), text: z.string() })
        .nullable()
        .describe('Null when it was removed or replaced since.'),
    }),
  ),
  droppedClaims: z.int(),
  restarts: z.int(),
  entitlement: z
    .object({
      isAllowed: z.boolean(),
      source: z.string().nullable().describe('What let them: unlimited, plan, allowance, topup or grant.'),
      reason: z
        .string()
        .nullable()
        .describe('What kept them from it: allowance_used, payment_failed, refunded or ended.'),
      planKey: z.string().nullable(),
      left: z.int().nullable().describe('Of what is counted, after this.'),
    })
    .nullable()
    .describe('Whether the person might ask; null where nobody was asked.'),
})

export function presentChat(chat: ChatSummary): z.input<typeof Chat> {
  return {
    ...nameChat(chat),
    subscriberName: chat.subscriberName ?? null,
    lastLine: chat.lastLine ?? null,
    waitingCount: chat.waitingCount,
    trouble: chat.trouble ?? null,
  }
}

export function presentChatFacts(chat: ChatFacts): z.input<typeof Chat> {
  return { ...nameChat(chat), subscriberName: chat.subscriber.name ?? null }
}

type Named = Pick<
  ChatFacts,
  'id' | 'channel' | 'chatKey' | 'language' | 'lastMessageAt' | 'isBlocked' | 'flag'
> &
  Pick<ChatSummary, 'takeover'>

function nameChat({ id, channel, chatKey, language, lastMessageAt, isBlocked, flag, takeover }: Named) {
  return {
    ...{ id, channel, chatKey, lastMessageAt, isBlocked },
    language: language ?? null,
    flag: flag ?? null,
    takeover: takeover
      ? { memberId: takeover.memberId ?? null, name: takeover.name ?? null, until: takeover.until }
      : null,
  }
}

export function presentMessage(message: ThreadMessage): z.input<typeof ChatMessage> {
  const { id, position, direction, kind, markdown, at, delivery, hasTrace } = message
  return {
    ...{ id, position, direction, kind, markdown, at, hasTrace },
    from: direction === 'in' ? 'subscriber' : kind === 'takeover' ? 'member' : 'bot',
    memberName: message.memberName ?? null,
    citations: message.citations.map(({ n, documentId, document, locator, quote }) => ({
      ...{ n, documentId, document, locator, quote },
    })),
    delivery: delivery
      ? {
          state: delivery.state,
          reason: delivery.reason ?? null,
          detail: delivery.detail ?? null,
          doubts: delivery.doubts,
        }
      : null,
  }
}

export function presentNote({ id, text, memberName, at }: Note): z.input<typeof ChatNote> {
  return { id, text, memberName: memberName ?? null, at }
}

export function presentTrace(trace: AnswerTrace): z.input<typeof Trace> {
  return {
    ...trace,
    asked: trace.asked ?? null,
    language: trace.language ?? null,
    prompt: trace.prompt ?? null,
    entitlement: trace.entitlement
      ? {
          isAllowed: trace.entitlement.isAllowed,
          source: trace.entitlement.source ?? null,
          reason: trace.entitlement.reason ?? null,
          planKey: trace.entitlement.planKey ?? null,
          left: trace.entitlement.left ?? null,
        }
      : null,
    cache: trace.cache
      ? {
          outcome: trace.cache.outcome,
          reason: trace.cache.reason ?? null,
          similarity: trace.cache.similarity ?? null,
          savedUsd: trace.cache.savedUsd ?? null,
        }
      : null,
    passages: trace.passages.map((passage) => ({
      ...passage,
      keywordScore: passage.keywordScore ?? null,
      similarity: passage.similarity ?? null,
      found: passage.found ?? null,
    })),
  }
}
