import { waitForLength } from '../wait.ts'
import type { WhatsappSent } from './messages.ts'
import { signWhatsapp, whatsappButtonBody, whatsappMessageBody, whatsappTextBody } from './payloads.ts'
import type { WhatsappStandIn } from './stand-in.ts'

/** What a test needs to play WhatsApp towards the app. */
export interface WhatsappLine {
  webhookUrl: string
  appSecret: string
  phoneNumberId: string
}

let lastId = 5_000

function nextId(): number {
  lastId += 1
  return lastId
}

export function nextWamid(): string {
  return `wamid.in.${nextId()}`
}

/** Delivers one signed body as Meta does. */
export function postWhatsapp({ webhookUrl, appSecret }: WhatsappLine, body: string): Promise<Response> {
  return fetch(webhookUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-hub-signature-256': signWhatsapp(body, appSecret) },
    body,
  })
}

/** Someone new who writes to the number: with a phone number, or with a user id alone. */
export function createWhatsappPerson(
  line: WhatsappLine,
  whatsapp: WhatsappStandIn,
  { hasPhone = true }: { hasPhone?: boolean } = {},
) {
  const id = nextId()
  const address = hasPhone ? { from: `4915150${id}` } : { userId: `US.134912086553${id}` }
  const key = address.from ?? address.userId ?? ''
  const inbound = () => ({ phoneNumberId: line.phoneNumberId, wamid: nextWamid(), ...address })
  const heard = () => whatsapp.sent.filter(({ to }) => to === key)
  return {
    key,
    inbound,
    heard,
    says: (text: string) => postWhatsapp(line, whatsappTextBody({ ...inbound(), text })),
    taps: (choice: { id: string; title: string }) =>
      postWhatsapp(line, whatsappButtonBody({ ...inbound(), ...choice })),
    /** A message of any type. */
    sends: (content: Record<string, unknown>) => postWhatsapp(line, whatsappMessageBody(inbound(), content)),
    /** Resolves with the newest of `count` messages once that many have come. */
    async hears(count = 1, timeoutMs?: number): Promise<WhatsappSent> {
      const messages = await waitForLength(heard, count, timeoutMs)
      const newest = messages[count - 1]
      if (!newest) throw new Error('no message came')
      return newest
    },
  }
}
