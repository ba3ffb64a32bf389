import type { Button, Citation } from '../channels/channel.ts'
import type { ChatChanges } from '../messaging/chat.ts'
import type { UpdateEvent } from '../messaging/update.ts'
import { type Bot, inLanguage } from './bot-settings.ts'
import { type ButtonChoice, writeButton } from './buttons.ts'
import { escapeMarkdown } from './escape-markdown.ts'
import { phrase } from './phrases.ts'
import type { Reply, TurnRequest } from './turn-request.ts'

type Command = Extract<UpdateEvent, { kind: 'command' }>

export interface CommandOutcome {
  replies: Reply[]
  changes?: ChatChanges
  isForgetting?: boolean
}

export interface Commands {
  /** A slash command. An unknown one is answered with the help. */
  run(request: TurnRequest, command: Command, language: string): Promise<CommandOutcome>
  /** A tapped button that is not a question. */
  follow(request: TurnRequest, choice: ButtonChoice, language: string): Promise<CommandOutcome>
}

/** Documents named on one page of /sources. */
const SOURCES_PER_PAGE = 15
/** What a deep link may carry (Telegram's limit). */
const MAX_START_PAYLOAD = 64

interface CommandParts {
  listSources: (bot: Bot) => Promise<string[]>
  findCitation: (request: { chatId: string; messageId: string; n: number }) => Promise<Citation | undefined>
}

export function createCommands({ listSources, findCitation }: CommandParts): Commands {
  async function presentSources(bot: Bot, language: string, page: number): Promise<CommandOutcome> {
    const titles = await listSources(bot)
    if (titles.length === 0) return say(phrase(language, 'sources_empty'))
    const shown = titles.slice(page * SOURCES_PER_PAGE, (page + 1) * SOURCES_PER_PAGE)
    const lines = shown.map((title) => `- ${escapeMarkdown(title)}`)
    const hasMore = titles.length > (page + 1) * SOURCES_PER_PAGE
    return say([`**${phrase(language, 'sources_title')}**`, '', ...lines].join('\n'), {
      buttons: hasMore
        ? [
            {
              label: phrase(language, 'sources_more'),
              data: writeButton({ kind: 'sources', page: page + 1 }),
            },
          ]
        : [],
    })
  }

  async function presentCitation(
    chatId: string,
    { messageId, n }: { messageId: string; n: number },
    language: string,
  ): Promise<CommandOutcome> {
    const citation = await findCitation({ chatId, messageId, n })
    if (!citation) return say(phrase(language, 'citation_gone'))
    const quote = citation.quote
      .split('\n')
      .map((line) => `> ${escapeMarkdown(line)}`)
      .join('\n')
    const source = [citation.document, citation.locator].filter(Boolean).map(escapeMarkdown).join(' · ')
    return say(`**[${n}]** ${source}\n\n${quote}`)
  }

  return {
    async run(request, command, language) {
      const { bot, chat } = request
      switch (command.name) {
        case 'start':
          return {
            ...greet(bot, language),
            changes: { state: { ...chat.state, startPayload: command.argument.slice(0, MAX_START_PAYLOAD) } },
          }
        case 'help':
          return say(phrase(language, 'help'))
        case 'sources':
          return presentSources(bot, language, 0)
        case 'forget':
          return say(phrase(language, 'forget_ask'), {
            buttons: [
              {
                label: phrase(language, 'forget_confirm_button'),
                data: writeButton({ kind: 'forget', isConfirmed: true }),
              },
              {
                label: phrase(language, 'forget_cancel_button'),
                data: writeButton({ kind: 'forget', isConfirmed: false }),
              },
            ],
          })
        case 'language':
          return command.argument ? setLanguage(bot, command.argument.trim()) : askLanguage(bot, language)
        default:
          return say(`${phrase(language, 'unknown_command')}\n\n${phrase(language, 'help')}`)
      }
    },
    async follow({ bot, chat }, choice, language) {
      switch (choice.kind) {
        case 'cite':
          return presentCitation(chat.id, choice, language)
        case 'language':
          return setLanguage(bot, choice.language)
        case 'sources':
          return presentSources(bot, language, choice.page)
        case 'forget':
          return choice.isConfirmed
            ? { ...say(phrase(language, 'forget_done')), changes: { state: {} }, isForgetting: true }
            : say(phrase(language, 'forget_cancelled'))
        case 'ask':
        case 'unknown':
          return say(phrase(language, 'button_expired'))
      }
    },
  }
}

function say(markdown: string, { buttons = [] }: { buttons?: Button[] } = {}): CommandOutcome {
  return { replies: [{ kind: 'notice', markdown, buttons }] }
}

function greet(bot: Bot, language: string): CommandOutcome {
  const greeting = inLanguage(bot.settings.greeting, language, bot.settings) ?? bot.settings.name
  const known = findLanguage(bot.settings.suggestions, language, bot)
  const buttons = (bot.settings.suggestions[known] ?? []).map((label, index) => ({
    label,
    data: writeButton({ kind: 'ask', language: known, index }),
  }))
  return say(greeting, { buttons })
}

function askLanguage(bot: Bot, language: string): CommandOutcome {
  return say(phrase(language, 'language_ask'), {
    buttons: bot.settings.languages.map((code) => ({
      label: nameLanguage(code, code),
      data: writeButton({ kind: 'language', language: code }),
    })),
  })
}

function setLanguage(bot: Bot, asked: string): CommandOutcome {
  const chosen = bot.settings.languages.find((code) => code.toLowerCase() === asked.toLowerCase())
  if (!chosen) return askLanguage(bot, bot.settings.languages[0] ?? 'en')
  return {
    ...say(phrase(chosen, 'language_set', { language: nameLanguage(chosen, chosen) })),
    changes: { language: chosen },
  }
}

/** The key under which texts of this language stand: the code itself, its base, or the bot's first. */
function findLanguage(texts: Record<string, unknown>, asked: string, { settings }: Bot): string {
  const candidates = [asked, asked.split('-')[0] ?? asked, ...settings.languages]
  return candidates.find((code) => texts[code] !== undefined) ?? asked
}

/** "Deutsch" for de, in German. */
function nameLanguage(code: string, inLocale: string): string {
  const name = new Intl.DisplayNames([inLocale], { type: 'language' }).of(code) ?? code
  return name.charAt(0).toLocaleUpperCase(inLocale) + name.slice(1)
}
