import { z } from 'zod'
import type { StandInAnswer } from '../stand-in-server.ts'
import type { Check } from '../vendor-spec.ts'
import { findWhatsappFault, WhatsappOutgoing } from './limits.ts'
import type { WhatsappStatusReport } from './payloads.ts'

/** One message the stand-in took. `order` counts from 0 over all numbers. */
export interface WhatsappSent {
  order: number
  /** Milliseconds since 1970. */
  atMs: number
  phoneNumberId: string
  token: string
  /** The phone number or user id it was sent to. */
  to: string
  wamid: string
  partId: string | undefined
  text: string
  choices: { id: string; title: string }[]
  body: WhatsappOutgoing
}

/** What a stand-in remembers. */
export interface WhatsappState {
  sent: WhatsappSent[]
  refused: { reason: string; body: unknown }[]
  reads: { messageId: string; isTyping: boolean; atMs: number }[]
  check: Check
  /** Tells of each accepted message where statuses are wanted. */
  report?: ((phoneNumberId: string, message: Omit<WhatsappStatusReport, 'status'>) => void) | undefined
}

interface Post {
  phoneNumberId: string
  token: string
  body: unknown
}

const ReadReceipt = z.object({
  status: z.literal('read'),
  message_id: z.string(),
  typing_indicator: z.object({}).optional(),
})

/** True for a read receipt, which is posted to the same address as messages. */
export function isReadReceipt(body: unknown): boolean {
  return ReadReceipt.safeParse(body).success
}

/** Takes one post to `/messages`, once it fits the vendor's schema and limits. */
export function answerWhatsappMessage(state: WhatsappState, post: Post): StandInAnswer {
  const fault = state.check(post.body)
  if (fault) return refuseAndNote(state, fault, post.body)
  const read = ReadReceipt.safeParse(post.body)
  if (read.success) {
    const { message_id: messageId, typing_indicator: typing } = read.data
    state.reads.push({ messageId, isTyping: typing !== undefined, atMs: Date.now() })
    return { status: 200, body: { success: true } }
  }
  const outgoing = WhatsappOutgoing.safeParse(post.body)
  const limit = outgoing.success ? findWhatsappFault(outgoing.data) : 'not a message'
  if (!outgoing.success || limit) return refuseAndNote(state, limit ?? 'not a message', post.body)
  return accept(state, post, outgoing.data)
}

function accept(state: WhatsappState, { phoneNumberId, token }: Post, body: WhatsappOutgoing): StandInAnswer {
  const to = body.to ?? body.recipient ?? ''
  const order = state.sent.length
  const wamid = `wamid.${phoneNumberId}.${order}`
  const partId = body.biz_opaque_callback_data
  state.sent.push({
    order,
    atMs: Date.now(),
    phoneNumberId,
    token,
    to,
    wamid,
    partId,
    text: body.text?.body ?? body.interactive?.body.text ?? '',
    choices: listChoices(body),
    body,
  })
  state.report?.(phoneNumberId, { wamid, recipientId: to, partId })
  const contact = body.to === undefined ? { input: to, user_id: to } : { input: to, wa_id: to }
  return {
    status: 200,
    body: { messaging_product: 'whatsapp', contacts: [contact], messages: [{ id: wamid }] },
  }
}

function listChoices({ interactive }: WhatsappOutgoing): { id: string; title: string }[] {
  const { buttons, sections = [] } = interactive?.action ?? {}
  return buttons?.map(({ reply }) => reply) ?? sections.flatMap((section) => section.rows)
}

function refuseAndNote(state: WhatsappState, reason: string, body: unknown): StandInAnswer {
  state.refused.push({ reason, body })
  return refuseWhatsapp(400, 131009, reason)
}

/** A refusal in the form of Graph. */
export function refuseWhatsapp(status: number, code: number, details: string): StandInAnswer {
  const error = {
    message: `(#${code}) ${details}`,
    type: 'OAuthException',
    code,
    error_data: { messaging_product: 'whatsapp', details },
    fbtrace_id: 'stand-in',
  }
  return { status, body: { error } }
}
