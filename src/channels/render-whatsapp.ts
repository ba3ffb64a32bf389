import type { Button, OutboundMessage, PartPayload } from './channel.ts'
import { type Block, parseMarkdown } from './markdown.ts'
import { type ChatText, layoutChat } from './render-chat.ts'
import { countParts, type SplitLimits, splitChat } from './render-split.ts'
import { buildChoiceBlocks, buildSourceBlocks } from './render-whatsapp-blocks.ts'
import { type Choice, type ChoiceForm, chooseForm, toChoices } from './render-whatsapp-choices.ts'
import { MARKUP_RESERVE, markupCosts, writeMarkup } from './render-whatsapp-markup.ts'

/** One WhatsApp bubble. */
export type WhatsappPayload = PartPayload &
  (
    | { kind: 'text'; text: string; numbered?: NumberedChoice[] }
    | { kind: 'buttons'; text: string; buttons: Choice[] }
    | { kind: 'list'; text: string; button: string; rows: Choice[] }
  )

/** A choice shown as a line of text: answering the number means the button with this data. */
export interface NumberedChoice {
  number: number
  data: string
}

/** The longest text body, and the longest beside buttons or a list. Counted in UTF-16 units to be safe. */
const MAX_TEXT_UNITS = 4096
const MAX_INTERACTIVE_UNITS = 1024

/** Opens the list; a sign, since the words around it may be of any language. */
const LIST_LABEL = '☰'

/** Stands above choices that come without a word: a message without text is refused. */
const NO_WORDS = '…'

/**
 * Cuts a message into WhatsApp bubbles, as few as possible: each is charged,
 * and a pair of numbers is paced.
 *
 * The sources of citations stand below the text, with their quotes when these
 * need no further bubble. Choices are buttons or a list on the last bubble,
 * unless they do not fit or would need a further bubble: then they are numbered
 * lines, and the last payload's `numbered` says what each number means.
 */
export function renderWhatsapp({ markdown, citations, buttons }: OutboundMessage): WhatsappPayload[] {
  const sourced = new Set(citations.map(({ n }) => `cite:${n}:`))
  // A citation's button opens its source, which already stands in the text.
  const choices = buttons
    .filter(({ data }) => !sourced.has(/^cite:\d+:/.exec(data)?.[0] ?? ''))
    .filter(({ label, data }) => label.trim() !== '' && data !== '')
  const text = parseMarkdown(markdown)
  const brief = [...text, ...buildSourceBlocks(citations, { hasQuotes: false })]
  const full = [...text, ...buildSourceBlocks(citations, { hasQuotes: true })]
  const plan = planBubbles(brief, choices)
  const fullPlan = citations.length > 0 ? planBubbles(full, choices) : plan
  return writeBubbles(fullPlan.count <= plan.count ? fullPlan : plan, choices)
}

interface Plan {
  chat: ChatText
  form: ChoiceForm
  limits: SplitLimits
  count: number
}

function planBubbles(blocks: Block[], buttons: Button[]): Plan {
  const numbered = planForm([...blocks, ...buildChoiceBlocks(buttons)], 'numbered')
  const form = chooseForm(buttons)
  if (form === 'numbered') return numbered
  const tapped = planForm(blocks, form)
  return tapped.count <= numbered.count ? tapped : numbered
}

function planForm(blocks: Block[], form: ChoiceForm): Plan {
  const chat = layoutChat(blocks, { bullet: '-', isAddressShown: () => true })
  const limit = MAX_TEXT_UNITS - MARKUP_RESERVE
  const lastLimit = form === 'numbered' ? limit : MAX_INTERACTIVE_UNITS - MARKUP_RESERVE
  const limits = { limit, lastLimit, extra: markupCosts(chat) }
  return { chat, form, limits, count: countParts(chat, limits) }
}

function writeBubbles({ chat, form, limits }: Plan, buttons: Button[]): WhatsappPayload[] {
  const texts = splitChat(chat, limits).map(writeMarkup)
  const bubbles = texts.map((text): WhatsappPayload => ({ kind: 'text', text }))
  if (buttons.length === 0) return bubbles
  const { text } = bubbles.pop() ?? { text: NO_WORDS }
  return [...bubbles, { ...withChoices(form, buttons), text }]
}

function withChoices(form: ChoiceForm, buttons: Button[]) {
  switch (form) {
    case 'buttons':
      return { kind: 'buttons' as const, buttons: toChoices(buttons) }
    case 'list':
      return { kind: 'list' as const, button: LIST_LABEL, rows: toChoices(buttons) }
    case 'numbered':
      return {
        kind: 'text' as const,
        numbered: buttons.map(({ data }, index) => ({ number: index + 1, data })),
      }
  }
}
