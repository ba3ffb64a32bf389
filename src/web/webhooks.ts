import express, { type Request, Router } from 'express'
import type { Connection, StarsCheckout, WebhookContents, WebhookReader } from '../channels/channel.ts'
import type { Db } from '../db/database.ts'
import { AppError } from '../errors.ts'
import type { Metrics } from '../insights/metrics.ts'
import type { Connections } from '../messaging/connection.ts'
import { type ChatAddress, recordReceipts } from '../messaging/inbox.ts'
import { createInboxWriter } from '../messaging/inbox-writer.ts'
import type { VerifyTokens } from '../messaging/verify-token.ts'
import type { SecurityLog } from './security-log.ts'

/** WhatsApp's webhook serves every number at one address, so it also tells whose a body is. */
export interface WhatsappWebhookReader extends WebhookReader {
  phoneNumberIds(rawBody: Buffer): string[]
  verifyHandshake(query: Record<string, unknown>, verifyToken: string | undefined): string | undefined
}

interface WebhookParts {
  db: Db
  connections: Connections
  /** Wakes a worker for the Chat; lost, it delays and never loses. */
  nudgeTurn: (chat: ChatAddress) => void
  nudgeReceipts: () => void
  metrics: Metrics
  /** Says whether an invoice in Stars may be paid; within seconds, so it waits for no queue. */
  answerCheckout: (connection: Connection, checkout: StarsCheckout) => Promise<void>
  telegram: WebhookReader
  whatsapp: WhatsappWebhookReader
  verifyTokens: VerifyTokens
  security: SecurityLog
  settings: { bodyBytes: number; verifyToken: string | undefined }
}

/**
 * The doors of the vendors. A 200 is said only after the Update is committed, by one statement that holds
 * nothing else; everything else happens behind the queue.
 */
export function webhookRoutes({
  db,
  connections,
  nudgeTurn,
  nudgeReceipts,
  metrics,
  answerCheckout,
  telegram,
  whatsapp,
  verifyTokens,
  security,
  settings,
}: WebhookParts): Router {
  const router = Router()
  const inbox = createInboxWriter(db, (chats) => {
    for (const chat of chats) {
      metrics.countUpdates(chat.channel, 1)
      nudgeTurn(chat)
    }
  })
  const rawBody = express.raw({ type: () => true, limit: settings.bodyBytes })

  router.post('/telegram/:botId', rawBody, async (req, res) => {
    const request = readRequest(req)
    const connection = await findConnection(() => connections.find(String(req.params.botId), 'telegram'))
    if (!connection || !telegram.isAuthentic(request, connection)) throw refuse(req, 'telegram', connection)
    const contents = telegram.read(request.rawBody, connection)
    await store(connection, contents)
    for (const checkout of contents.checkouts ?? []) await answerNow(connection, checkout)
    res.status(200).json({})
  })

  router.get('/whatsapp', (req, res) => {
    const given = req.query['hub.verify_token']
    const expected = verifyTokens.isOurs(given) ? String(given) : settings.verifyToken
    const challenge = whatsapp.verifyHandshake(req.query, expected)
    if (challenge === undefined) throw refuse(req, 'whatsapp')
    res.type('text/plain').send(challenge)
  })

  router.post('/whatsapp', rawBody, async (req, res) => {
    const request = readRequest(req)
    const phoneNumberIds = whatsapp.phoneNumberIds(request.rawBody)
    const known: Connection[] = []
    for (const id of phoneNumberIds) {
      const connection = await findConnection(() => connections.findByExternalId('whatsapp', id))
      if (!connection) continue
      // One forged number in a batch and nothing of the batch is believed.
      if (!whatsapp.isAuthentic(request, connection)) throw refuse(req, 'whatsapp', connection)
      known.push(connection)
    }
    if (known.length === 0) throw refuse(req, 'whatsapp')
    for (const connection of known) await store(connection, whatsapp.read(request.rawBody, connection))
    res.status(200).json({})
  })

  /** Written down without being waited for, repeats counted together: a flood of forgeries stays cheap. */
  function refuse({ ip }: Request, channel: string, connection?: Connection): AppError {
    const { creatorId, botId } = connection ?? {}
    const details = { channel, ...(botId && { botId }) }
    security.record({ kind: 'webhook.forged', creatorId, details, ip })
    return new AppError('webhook.unauthorized')
  }

  async function answerNow(connection: Connection, checkout: StarsCheckout): Promise<void> {
    try {
      await answerCheckout(connection, checkout)
    } catch (cause) {
      throw new AppError('webhook.unavailable', { cause })
    }
  }

  async function store(connection: Connection, { updates, receipts }: WebhookContents): Promise<void> {
    try {
      await inbox.record(connection, updates)
      const receiptCount = await recordReceipts(db, connection, receipts)
      if (receiptCount > 0) nudgeReceipts()
    } catch (cause) {
      throw new AppError('webhook.unavailable', { cause })
    }
  }

  return router
}

async function findConnection(find: () => Promise<Connection | undefined>): Promise<Connection | undefined> {
  try {
    return await find()
  } catch (cause) {
    throw new AppError('webhook.unavailable', { cause })
  }
}

function readRequest(req: Request) {
  return { headers: req.headers, rawBody: Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0) }
}
