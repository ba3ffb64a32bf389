import {
  type ChoiceButton,
  isSafeLink,
  type LinkButton,
  type OutboundMessage,
  type PartPayload,
  type Photo,
} from './channel.ts'
import { type Block, parseMarkdown } from './markdown.ts'
import { type ChatText, layoutChat } from './render-chat.ts'
import { countParts, type SplitLimits, splitChat } from './render-split.ts'
import { buildChoiceBlocks, buildLinkBlocks, buildSourceBlocks } from './render-whatsapp-blocks.ts'
import {
  type Choice,
  type ChoiceForm,
  chooseForm,
  fitsLinkButton,
  shortenLinkLabel,
  toChoices,
} from './render-whatsapp-choices.ts'
import { MARKUP_RESERVE, markupCosts, writeMarkup } from './render-whatsapp-markup.ts'

/** One WhatsApp bubble. */
export type WhatsappPayload = PartPayload &
  (
    | { kind: 'text'; text: string; numbered?: NumberedChoice[] }
    | { kind: 'buttons'; text: string; buttons: Choice[] }
    | { kind: 'list'; text: string; button: string; rows: Choice[] }
    | { kind: 'link'; text: string; label: string; url: string; photo?: string }
    | { kind: 'photo'; text: string; photo: string }
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
 * lines, and the last payload's `numbered` says what each number means. A single
 * address is a button of its own, several are lines. A photo stands above a
 * single bubble: as the head of an address's button, or with the text below it.
 */
export function renderWhatsapp({ markdown, citations, buttons, photo }: OutboundMessage): WhatsappPayload[] {
  const sourced = new Set(citations.map(({ n }) => `cite:${n}:`))
  // A citation's button opens its source, which already stands in the text.
  const choices = buttons
    .filter((button): button is ChoiceButton => 'data' in button)
    .filter(({ data }) => !sourced.has(/^cite:\d+:/.exec(data)?.[0] ?? ''))
    .filter(({ label, data }) => label.trim() !== '' && data !== '')
  const links = buttons.filter(
    (button): button is LinkButton => 'url' in button && isSafeLink(button.url) && button.label.trim() !== '',
  )
  const text = parseMarkdown(markdown)
  const brief = [...text, ...buildSourceBlocks(citations, { hasQuotes: false })]
  const full = [...text, ...buildSourceBlocks(citations, { hasQuotes: true })]
  const below = { choices, links }
  const plan = planBubbles(brief, below)
  const fullPlan = citations.length > 0 ? planBubbles(full, below) : plan
  const bubbles = writeBubbles(fullPlan.count <= plan.count ? fullPlan : plan, below)
  return photo ? addPhoto(bubbles, photo) : bubbles
}

/** What stands below a message to be tapped. */
interface Below {
  choices: ChoiceButton[]
  links: LinkButton[]
}

interface Plan {
  chat: ChatText
  form: ChoiceForm | 'link'
  limits: SplitLimits
  count: number
}

function planBubbles(blocks: Block[], { choices, links }: Below): Plan {
  const linked = [...blocks, ...buildLinkBlocks(links)]
  const numbered = planForm([...linked, ...buildChoiceBlocks(choices)], 'numbered')
  const isLink = fitsLinkButton(links, choices)
  const form = isLink ? 'link' : chooseForm(choices)
  if (form === 'numbered') return numbered
  const tapped = planForm(isLink ? blocks : linked, form)
  return tapped.count <= numbered.count ? tapped : numbered
}

function planForm(blocks: Block[], form: Plan['form']): Plan {
  const chat = layoutChat(blocks, { bullet: '-', isAddressShown: () => true })
  const limit = MAX_TEXT_UNITS - MARKUP_RESERVE
  const lastLimit = form === 'numbered' ? limit : MAX_INTERACTIVE_UNITS - MARKUP_RESERVE
  const limits = { limit, lastLimit, extra: markupCosts(chat) }
  return { chat, form, limits, count: countParts(chat, limits) }
}

function writeBubbles({ chat, form, limits }: Plan, { choices, links }: Below): WhatsappPayload[] {
  const texts = splitChat(chat, limits).map(writeMarkup)
  const bubbles = texts.map((text): WhatsappPayload => ({ kind: 'text', text }))
  const [link] = links
  if (choices.length === 0 && form !== 'link') return bubbles
  const { text } = bubbles.pop() ?? { text: NO_WORDS }
  if (form !== 'link') return [...bubbles, { ...withChoices(form, choices), text }]
  return link
    ? [...bubbles, { kind: 'link', label: shortenLinkLabel(link.label), url: link.url, text }]
    : bubbles
}

function withChoices(form: ChoiceForm, buttons: ChoiceButton[]) {
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

function addPhoto(bubbles: WhatsappPayload[], { url }: Photo): WhatsappPayload[] {
  const [only] = bubbles
  const isShown = bubbles.length === 1 && url.startsWith('https://') && URL.canParse(url)
  if (!only || !isShown) return bubbles
  if (only.kind === 'link') return [{ ...only, photo: url }]
  const isCaption = only.kind === 'text' && !only.numbered && only.text.length <= MAX_INTERACTIVE_UNITS
  return isCaption ? [{ kind: 'photo', text: only.text, photo: url }] : bubbles
}
