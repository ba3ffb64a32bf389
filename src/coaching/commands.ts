import { type Bot, inLanguage } from '../bots/bot-settings.ts'
import { phrase } from '../bots/phrases.ts'
import type { Button, Citation } from '../channels/channel.ts'
import type { ChannelName, UpdateEvent } from '../messaging/update.ts'
import { type ButtonChoice, writeButton } from './buttons.ts'
import { escapeMarkdown } from './escape-markdown.ts'
import type { MemoryCommands } from './memory-commands.ts'
import type { MoneyCommands } from './money-commands.ts'
import type { CommandOutcome } from './turn-outcome.ts'
import type { Reply, TurnRequest } from './turn-request.ts'

type Command = Extract<UpdateEvent, { kind: 'command' }>

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

/** A deep link that carries an access code. */
const CODE_PAYLOAD = /^code_(\S+)$/

interface CommandParts {
  listSources: (bot: Bot) => Promise<string[]>
  findCitation: (request: { chatId: string; messageId: string; n: number }) => Promise<Citation | undefined>
  memory: MemoryCommands
  /** What the bot sells once, a card each. */
  money: MoneyCommands
  presentProducts: (
    bot: Bot,
    reader: { chatId: string; channel: ChannelName; language: string },
  ) => Promise<Reply[]>
}

export function createCommands({
  listSources,
  findCitation,
  presentProducts,
  memory,
  money,
}: CommandParts): Commands {
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
    const title = escapeMarkdown(citation.document)
    const document = citation.url === undefined ? title : `[${title}](<${citation.url}>)`
    const source = [document, escapeMarkdown(citation.locator)].filter(Boolean).join(' · ')
    return say(`**[${n}]** ${source}\n\n${quote}`)
  }

  /** Greets; a link with a code in it, or of what was paid for already, lets its reader in at once. */
  async function start(request: TurnRequest, payload: string, language: string): Promise<CommandOutcome> {
    const state = { ...request.chat.state, startPayload: payload }
    const { replies } = greet(request.bot, language)
    const asked = { ...request, chat: { ...request.chat, state } }
    const code = CODE_PAYLOAD.exec(payload)?.[1]
    const opened = code
      ? await money.run(asked, { name: 'redeem', argument: code }, language)
      : await money.claim(asked, payload, language)
    return { replies: [...replies, ...(opened?.replies ?? [])], changes: { state, ...opened?.changes } }
  }

  return {
    async run(request, command, language) {
      const { bot, chat } = request
      switch (command.name) {
        case 'start':
          return start(request, command.argument.slice(0, MAX_START_PAYLOAD), language)
        case 'help':
          return say(phrase(language, 'help') + (await money.help(request, language)))
        case 'sources':
          return presentSources(bot, language, 0)
        case 'products':
        case 'shop':
          return { replies: await presentProducts(bot, { chatId: chat.id, channel: chat.channel, language }) }
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
        default: {
          const known =
            (await memory.run(request, command.name, language)) ??
            (await money.run(request, command, language))
          if (known) return known
          const help = phrase(language, 'help') + (await money.help(request, language))
          return say(`${phrase(language, 'unknown_command')}\n\n${help}`)
        }
      }
    },
    async follow(request, choice, language) {
      const { bot, chat } = request
      switch (choice.kind) {
        case 'cite':
          return presentCitation(chat.id, choice, language)
        case 'language':
          return setLanguage(bot, choice.language)
        case 'sources':
          return presentSources(bot, language, choice.page)
        case 'cancel':
          return money.cancel(request, choice, language)
        case 'memory':
        case 'memory_page':
        case 'memory_remove':
          return memory.follow(request, choice, language)
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
