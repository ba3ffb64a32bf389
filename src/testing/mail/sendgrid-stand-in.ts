import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import { z } from 'zod'
import {
  createTroubles,
  delay,
  GATEWAY_PAGE,
  openStandInServer,
  type StandInAnswer,
} from '../stand-in-server.ts'
import { HAS_SPECS, readSpec } from '../vendor-spec.ts'

/** A request SendGrid took. */
export type SendgridMail = z.output<typeof Sent>

const Sent = z.looseObject({
  personalizations: z.tuple([
    z.looseObject({
      to: z.tuple([z.object({ email: z.string() })]),
      custom_args: z.record(z.string(), z.string()).default({}),
    }),
  ]),
  from: z.object({ email: z.string(), name: z.string().optional() }),
  reply_to: z.object({ email: z.string() }).optional(),
  subject: z.string(),
  content: z.array(z.object({ type: z.string(), value: z.string() })),
  headers: z.record(z.string(), z.string()).default({}),
  categories: z.array(z.string()).default([]),
})

/** What goes wrong with a send. `isTaken`: SendGrid has the mail all the same, only its answer is lost. */
export type SendgridTrouble =
  | { kind: 'refuse'; status: number; message?: string; headers?: Record<string, string> }
  | { kind: 'gateway'; status: number }
  | { kind: 'reset' | 'hang'; isTaken?: boolean }

export interface SendgridStandIn extends AsyncDisposable {
  url: string
  /** False where the specification is not at hand: then any body is taken. */
  isSpecChecked: boolean
  /** Mails taken, oldest first. */
  sent: SendgridMail[]
  /** Requests the specification does not allow, and why. */
  refused: string[]
  failNext(count: number, trouble: SendgridTrouble): void
}

/** SendGrid on loopback: takes what its published schema allows, and says no more than SendGrid does. */
export async function startSendgridStandIn(
  apiKey: string,
  { delayMs = 0 }: { /** Between taking a mail and saying so. */ delayMs?: number } = {},
): Promise<SendgridStandIn> {
  const troubles = createTroubles<SendgridTrouble>()
  const sent: SendgridMail[] = []
  const refused: string[] = []
  const check = compileBodyCheck()

  const server = await openStandInServer(
    async ({ method, path, authorization, body }): Promise<StandInAnswer> => {
      if (authorization !== `Bearer ${apiKey}`)
        return refuse(401, 'The provided authorization grant is invalid')
      if (method !== 'POST' || path !== '/v3/mail/send') return refuse(404, 'not found')
      const fault = check(body)
      if (fault) {
        refused.push(fault)
        return refuse(400, fault)
      }
      const trouble = troubles.take()
      if (!trouble || ('isTaken' in trouble && trouble.isTaken)) sent.push(Sent.parse(body))
      await delay(delayMs)
      if (!trouble)
        return { status: 202, body: '', headers: { 'x-message-id': randomBytes(11).toString('hex') } }
      if (trouble.kind === 'gateway') return { status: trouble.status, body: GATEWAY_PAGE }
      if (trouble.kind === 'refuse')
        return { ...refuse(trouble.status, trouble.message ?? 'as planned'), headers: trouble.headers ?? {} }
      return { break: trouble.kind }
    },
  )
  return {
    url: server.url,
    isSpecChecked: HAS_SPECS,
    sent,
    refused,
    failNext: troubles.plan,
    [Symbol.asyncDispose]: () => server.close(),
  }
}

function refuse(status: number, message: string) {
  return { status, body: { errors: [{ message, field: null, help: null }] } }
}

/** The request body of `POST /v3/mail/send`; OpenAPI 3.0, whose `nullable` this schema does not use. */
function compileBodyCheck(): (body: unknown) => string | undefined {
  if (!HAS_SPECS) return () => undefined
  const ajv = new Ajv({ strict: false })
  addFormats.default(ajv)
  ajv.addSchema(z.looseObject({}).parse(readSpec('sendgrid/tsg_mail_v3.openapi.json')), 'mail')
  const place = '/components/requestBodies/PostMailSend/content/application~1json/schema'
  const validate = ajv.getSchema(`mail#${place}`)
  if (!validate) throw new Error('the specification has no body of PostMailSend')
  const known = [
    'personalizations',
    'from',
    'reply_to',
    'subject',
    'content',
    'headers',
    'categories',
    'tracking_settings',
  ]
  return (body) => {
    if (!validate(body)) return ajv.errorsText(validate.errors)
    const extra = Object.keys(Object(body)).filter((name) => !known.includes(name))
    return extra.length > 0 ? `unknown: ${extra.join(', ')}` : undefined
  }
}

/** SendGrid's side of the event webhook: a key of its own, and calls signed with it. */
export function createEventSigner() {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return {
    /** As SendGrid's settings show it. */
    publicKey: publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
    headersFor(body: string, at = new Date()): Record<string, string> {
      const timestamp = String(Math.floor(at.getTime() / 1000))
      const signature = sign('sha256', Buffer.from(timestamp + body), privateKey).toString('base64')
      return {
        'X-Twilio-Email-Event-Webhook-Signature': signature,
        'X-Twilio-Email-Event-Webhook-Timestamp': timestamp,
        'Content-Type': 'application/json',
      }
    },
  }
}
