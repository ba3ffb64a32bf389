import { createHmac } from 'node:crypto'

/** The signature header of a body, as Meta makes it. */
export function signWhatsapp(body: string | Buffer, appSecret: string): string {
  return `sha256=${createHmac('sha256', appSecret).update(body).digest('hex')}`
}

export interface WhatsappInbound {
  phoneNumberId: string
  /** Phone number; leave out for a person who shows a username instead. */
  from?: string
  /** Business-scoped user id, for example `US.13491208655302741918`. */
  userId?: string
  name?: string
  wamid: string
  /** Seconds since 1970. */
  timestamp?: number
}

/** A webhook body with one text, as JSON. */
export function whatsappTextBody({ text, ...inbound }: WhatsappInbound & { text: string }): string {
  return whatsappMessageBody(inbound, { type: 'text', text: { body: text } })
}

/** A webhook body with one tap on a reply button. */
export function whatsappButtonBody(inbound: WhatsappInbound & { id: string; title: string }): string {
  const { id, title } = inbound
  const interactive = { type: 'button_reply', button_reply: { id, title } }
  return whatsappMessageBody(inbound, { type: 'interactive', interactive })
}

/** A webhook body with one message of any type. */
export function whatsappMessageBody(inbound: WhatsappInbound, content: Record<string, unknown>): string {
  const { phoneNumberId, from, userId, name = 'Person', wamid } = inbound
  const message = {
    ...(from === undefined ? {} : { from }),
    ...(userId === undefined ? {} : { from_user_id: userId }),
    id: wamid,
    timestamp: String(inbound.timestamp ?? Math.floor(Date.now() / 1_000)),
    ...content,
  }
  const contact = {
    profile: { name },
    ...(from === undefined ? {} : { wa_id: from }),
    ...(userId === undefined ? {} : { user_id: userId }),
  }
  return whatsappBody(phoneNumberId, { contacts: [contact], messages: [message] })
}

export interface WhatsappStatusReport {
  wamid: string
  status: string
  recipientId: string
  partId?: string | undefined
  timestamp?: number
  errors?: { code: number; title: string; message: string; error_data: { details: string } }[]
}

/** A webhook body with statuses of earlier sends. */
export function whatsappStatusBody(phoneNumberId: string, reports: WhatsappStatusReport[]): string {
  const statuses = reports.map(({ wamid, status, recipientId, partId, timestamp, errors }) => ({
    id: wamid,
    status,
    timestamp: String(timestamp ?? Math.floor(Date.now() / 1_000)),
    // A person addressed by user id alone has no recipient_id.
    ...(/^\d+$/.test(recipientId) ? { recipient_id: recipientId } : { recipient_user_id: recipientId }),
    ...(partId === undefined ? {} : { biz_opaque_callback_data: partId }),
    ...(errors ? { errors } : {}),
  }))
  return whatsappBody(phoneNumberId, { statuses })
}

/** Meta writes every character beyond ASCII as an escape before it signs. */
function whatsappBody(phoneNumberId: string, value: Record<string, unknown>): string {
  const metadata = { display_phone_number: '15550001111', phone_number_id: phoneNumberId }
  const body = {
    object: 'whatsapp_business_account',
    entry: [
      {
        id: '1000000000',
        changes: [{ field: 'messages', value: { messaging_product: 'whatsapp', metadata, ...value } }],
      },
    ],
  }
  return JSON.stringify(body).replace(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
