import { z } from 'zod'

/** Every job: its name is its file's name, its payload carries ids and never words. */
export const JOBS = {
  /** Answer the open Updates of a Chat. */
  'run-turn': z.object({ botId: z.uuid(), channel: z.string(), chatKey: z.string() }),
  /** Send the queued Parts of a Chat. */
  'send-parts': z.object({ chatId: z.uuid() }),
  /** Apply stored Receipts to their Parts. */
  'settle-receipts': z.object({}),
  /** Take a Version of a Document in: extract, index, embed. */
  'ingest-version': z.object({ versionId: z.uuid() }),
  /** Crawl a web page or sitemap: bring its Documents in line with what the site has. */
  'crawl-source': z.object({ sourceId: z.uuid() }),
  /** Put a Bot's new Gaps into groups of one meaning. */
  'group-gaps': z.object({ botId: z.uuid() }),
  /** Remember what was said in a Chat. */
  'remember-chat': z.object({ chatId: z.uuid() }),
  /** Tell who asked a question that was answered since. */
  'tell-askers': z.object({ groupId: z.uuid() }),
  /** Tell a buyer what happened to their order. */
  'tell-buyer': z.object({
    orderId: z.uuid(),
    kind: z.enum(['paid', 'shipped', 'fulfilled', 'refunded', 'sold_out']),
  }),
  /** Give a payment back. */
  'refund-order': z.object({ paymentId: z.string().min(1).max(255) }),
  /** Tell a bot's shop of one change of an order. */
  'call-fulfilment': z.object({ callId: z.uuid() }),
  /** Hand a queued mail to the mail service. */
  'send-mail': z.object({ mailId: z.uuid() }),
  /** Take a Bot's new prices and coupons to the payment provider. */
  'mirror-prices': z.object({ botId: z.uuid() }),
  /** Act on what the payment provider told. */
  'settle-events': z.object({}),
  /** Hold what is stored against the payment provider: of one creator, or of all. */
  'reconcile-payments': z.object({ creatorId: z.uuid().optional() }),
  /** Tell the payment provider that a subscription ends with its period. */
  'cancel-subscription': z.object({ subscriptionId: z.uuid() }),
} as const

export type JobName = keyof typeof JOBS
export type JobPayload<Name extends JobName> = z.output<(typeof JOBS)[Name]>

/** A handler may be run twice or not at all: PostgreSQL says what is to be done, a job is only a nudge. */
export type JobHandlers = {
  [Name in JobName]: (payload: JobPayload<Name>, signal: AbortSignal) => Promise<void>
}

/** Where work is announced. A nudge that is lost is found again by the sweep. */
export interface JobQueue {
  add<Name extends JobName>(
    name: Name,
    payload: JobPayload<Name>,
    options?: { delayMs?: number },
  ): Promise<void>
  /** Many nudges of one kind in one round trip. */
  addMany<Name extends JobName>(name: Name, payloads: JobPayload<Name>[]): Promise<void>
}

/** What the queues keep of jobs that wait or have failed. */
export interface JobRecords {
  /** Removes every job whose payload names one of these: of who is erased nothing stays. Returns how many. */
  forget(names: string[]): Promise<number>
}
