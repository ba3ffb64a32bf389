import express, { Router } from 'express'
import type { Db } from '../db/database.ts'
import { AppError } from '../errors.ts'
import { recordMailEvents } from '../mail/mail-event.ts'
import { createEventVerifier, readEvents } from '../mail/sendgrid-events.ts'
import type { SecurityLog } from './security-log.ts'

interface SendgridWebhookParts {
  db: Db
  security: SecurityLog
  settings: { bodyBytes: number; webhookKey: string | undefined }
}

/** Where SendGrid tells what became of mails. A 200 is said once all of a call is stored, with what follows from it. */
export function sendgridWebhook({ db, security, settings }: SendgridWebhookParts): Router {
  const isSigned = createEventVerifier(settings.webhookKey)
  const router = Router()
  router.post('/sendgrid', express.raw({ type: () => true, limit: settings.bodyBytes }), async (req, res) => {
    const rawBody = Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0)
    const signature = req.get('X-Twilio-Email-Event-Webhook-Signature')
    const timestamp = req.get('X-Twilio-Email-Event-Webhook-Timestamp')
    if (!isSigned(rawBody, { signature, timestamp }, new Date())) {
      security.record({ kind: 'webhook.forged', details: { channel: 'sendgrid' }, ip: req.ip })
      throw new AppError('webhook.unauthorized')
    }
    const events = readEvents(rawBody)
    if (!events) throw new AppError('request.malformed')
    await recordMailEvents(db, events).catch((cause: unknown) => {
      throw new AppError('webhook.unavailable', { cause })
    })
    res.status(200).json({})
  })
  return router
}
