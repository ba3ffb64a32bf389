import { randomUUID } from 'node:crypto'
import { type Bot, inLanguage } from '../bots/bot-settings.ts'
import { isSafeLink, type OutboundMessage } from '../channels/channel.ts'
import type { Progress, SaidMessage } from '../messaging/conversation.ts'
import type { Update } from '../messaging/update.ts'
import { MAX_TRY_TEXT } from './try-update.ts'
import { chooseWords, type TryWords } from './try-words.ts'
import { renderView } from './view.ts'

/** Makes safe HTML of what a bot says. */
export type RenderMessage = (message: OutboundMessage) => string

interface Reader {
  slug: string
  /** Languages as the browser lists them, best first. */
  asked: string[]
  render: RenderMessage
}

/** The whole page: the bot, what was said so far, and what is under way. */
export function renderTryPage(
  bot: Bot,
  { said, progress }: { said: SaidMessage[]; progress: Progress },
  reader: Reader,
): string {
  const { lang, words } = chooseWords(reader.asked)
  const { settings } = bot
  const asked = reader.asked.find((tag) => inLanguageOf(settings.greeting, tag))
  const isNew = said.length === 0 && progress.waiting.length === 0
  return renderView('try', {
    lang,
    words,
    action: `/try/${bot.slug}`,
    title: settings.name,
    bot: settings,
    about: asked === undefined || isFirstLanguage(settings.languages, asked) ? settings.description : '',
    greeting: renderMarkdown(inLanguage(settings.greeting, asked, settings) ?? '', reader.render),
    suggestions: isNew ? (inLanguage(settings.suggestions, asked, settings) ?? []) : [],
    said: said.map((message) => renderSaid(message, reader)),
    waiting: progress.waiting
      .map(presentWaiting)
      // Answered between the two looks, it is among what was said.
      .filter(
        ({ text, clientId }) => text !== '' && !said.some((message) => message.inboundMessageId === clientId),
      ),
    isWriting: progress.isWriting,
    draft: renderDraft(progress, reader),
    after: said.at(-1)?.position ?? '0',
    maxLength: MAX_TRY_TEXT,
    newId: randomUUID,
  })
}

/** One message of the log, as it stands on the page and as the event stream sends it. */
export function renderSaid(message: SaidMessage, { slug, asked, render }: Reader): string {
  const words: TryWords = chooseWords(asked).words
  if (message.direction === 'in') {
    return renderView('said-in', {
      words,
      text: message.markdown,
      clientId: message.inboundMessageId,
      isWaiting: false,
    })
  }
  return renderView('said-out', {
    words,
    action: `/try/${slug}`,
    position: message.position,
    html: keepMarkers(readHtml(message) ?? renderMarkdown(message.markdown, render)),
    direction: readDirection(message.markdown),
    citations: message.citations,
    buttons: message.buttons.filter((button) => 'data' in button),
    links: message.buttons.filter((button) => 'url' in button && isSafeLink(button.url)),
    newId: randomUUID,
  })
}

/** Safe HTML of the answer as far as it is written. */
export function renderDraft(progress: Progress, { render }: Pick<Reader, 'render'>): string {
  return progress.draft === undefined ? '' : renderMarkdown(progress.draft, render)
}

/** The Parts as the web channel rendered them when they were committed; `undefined` when one is not ours. */
function readHtml({ payloads }: SaidMessage): string | undefined {
  const parts = payloads.map((payload) => payload.html)
  return parts.length > 0 && parts.every((html) => typeof html === 'string') ? parts.join('') : undefined
}

/** Ties the numbers of proofs to the end of what they prove, so that none begins a line. */
function keepMarkers(html: string): string {
  return html.replace(
    /([^\s<>]{1,12})((?: ?<button type="button" class="cite"[^>]*>\[\d+\]<\/button>)+)/g,
    '<span class="kept">$1$2</span>',
  )
}

const FIRST_LETTER = /\p{L}/u
const RIGHT_TO_LEFT = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u

/** The side a text begins on. Said outright: `dir="auto"` does not look into blocks that have a `dir` of their own. */
function readDirection(text: string): 'ltr' | 'rtl' {
  return RIGHT_TO_LEFT.test(FIRST_LETTER.exec(text)?.[0] ?? '') ? 'rtl' : 'ltr'
}

function renderMarkdown(markdown: string, render: RenderMessage): string {
  return render({ markdown, citations: [], buttons: [] })
}

function presentWaiting({ event }: Update): { text: string; clientId: string | undefined } {
  if (event.kind === 'text') return { text: event.text, clientId: event.messageId }
  if (event.kind === 'command') {
    return { text: `/${event.name} ${event.argument}`.trim(), clientId: event.messageId }
  }
  return { text: '', clientId: undefined }
}

/** A Bot is described in its first language alone: to who is greeted in another it would be a foreign line. */
function isFirstLanguage([first = '']: readonly string[], tag: string): boolean {
  return first.split('-')[0] === tag.split('-')[0]
}

function inLanguageOf(texts: Record<string, unknown>, tag: string): boolean {
  return Object.hasOwn(texts, tag) || Object.hasOwn(texts, tag.split('-')[0] ?? '')
}
