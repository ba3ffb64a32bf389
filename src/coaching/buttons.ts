import type { ChoiceButton } from '../channels/channel.ts'

/** What a tapped button means. Its data is at most 64 bytes: Telegram's limit is the smallest. */
export type ButtonChoice =
  | { kind: 'cite'; n: number; messageId: string }
  | { kind: 'ask'; language: string; index: number }
  | { kind: 'language'; language: string }
  | { kind: 'forget'; isConfirmed: boolean }
  | { kind: 'sources'; page: number }
  | { kind: 'cancel'; isConfirmed: boolean; subscriptionId: string }
  /** Whether what the person tells of themselves may be remembered. */
  | { kind: 'memory'; isOn: boolean }
  | { kind: 'memory_page'; page: number }
  | { kind: 'memory_remove'; factId: string }
  /** A button of an earlier version, or forged. */
  | { kind: 'unknown' }

/** The data a button of this meaning carries. */
export function writeButton(choice: Exclude<ButtonChoice, { kind: 'unknown' }>): string {
  switch (choice.kind) {
    case 'cite':
      return `cite:${choice.n}:${choice.messageId}`
    case 'ask':
      return `ask:${choice.language}:${choice.index}`
    case 'language':
      return `lang:${choice.language}`
    case 'forget':
      return `forget:${choice.isConfirmed ? 'yes' : 'no'}`
    case 'sources':
      return `sources:${choice.page}`
    case 'cancel':
      return `cancel:${choice.isConfirmed ? 'yes' : 'no'}:${choice.subscriptionId}`
    case 'memory':
      return `memory:${choice.isOn ? 'on' : 'off'}`
    case 'memory_page':
      return `memories:${choice.page}`
    case 'memory_remove':
      return `unlearn:${choice.factId}`
  }
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Reads what {@link writeButton} wrote; anything else is `unknown`. */
export function readButton(data: string): ButtonChoice {
  const [kind, first = '', second = ''] = data.split(':')
  if (kind === 'cite' && /^\d{1,2}$/.test(first) && UUID.test(second)) {
    return { kind: 'cite', n: Number(first), messageId: second }
  }
  if (kind === 'ask' && /^\d$/.test(second)) return { kind: 'ask', language: first, index: Number(second) }
  if (kind === 'lang' && /^[A-Za-z-]{2,11}$/.test(first)) return { kind: 'language', language: first }
  if (kind === 'forget') return { kind: 'forget', isConfirmed: first === 'yes' }
  if (kind === 'sources' && /^\d{1,4}$/.test(first)) return { kind: 'sources', page: Number(first) }
  if (kind === 'cancel' && UUID.test(second)) {
    return { kind: 'cancel', isConfirmed: first === 'yes', subscriptionId: second }
  }
  if (kind === 'memory') return { kind: 'memory', isOn: first === 'on' }
  if (kind === 'memories' && /^\d{1,2}$/.test(first)) return { kind: 'memory_page', page: Number(first) }
  if (kind === 'unlearn' && UUID.test(first)) return { kind: 'memory_remove', factId: first }
  return { kind: 'unknown' }
}

/** The small [1] [2] under an answer, where a channel shows its proofs on a tap. */
export function buildCitationButtons(messageId: string, citations: { n: number }[]): ChoiceButton[] {
  return citations.map(({ n }) => ({ label: `[${n}]`, data: writeButton({ kind: 'cite', n, messageId }) }))
}
