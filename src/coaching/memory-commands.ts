import { phrase } from '../bots/phrases.ts'
import type { Button } from '../channels/channel.ts'
import type { Db } from '../db/database.ts'
import { findConsent, giveConsent, SHOWING_KIND, withdrawConsent } from '../memory/consent.ts'
import { type Fact, listFacts, type MemoryKey, removeFact } from '../memory/facts.ts'
import { type ButtonChoice, writeButton } from './buttons.ts'
import { escapeMarkdown } from './escape-markdown.ts'
import { consentButtons, keepsFacts } from './memory-turn.ts'
import type { CommandOutcome } from './turn-outcome.ts'
import type { TurnRequest } from './turn-request.ts'

type MemoryChoice = Extract<ButtonChoice, { kind: 'memory' | 'memory_page' | 'memory_remove' }>

export interface MemoryCommands {
  /** `/memory` and `/me`; undefined for any other command. */
  run(request: TurnRequest, name: string, language: string): Promise<CommandOutcome | undefined>
  follow(request: TurnRequest, choice: MemoryChoice, language: string): Promise<CommandOutcome>
}

interface MemoryCommandParts {
  db: Db
  /** The address of the person's own page. */
  meLinks: { urlOf(chatId: string): string }
}

/** Statements on one page of /memory: with two buttons more it is what a WhatsApp list holds. */
const FACTS_PER_PAGE = 8

/** What a person may see and decide of what is remembered of them. Each choice done twice is done once. */
export function createMemoryCommands({ db, meLinks }: MemoryCommandParts): MemoryCommands {
  async function show(request: TurnRequest, language: string, page: number): Promise<CommandOutcome> {
    const key = keyOf(request)
    const hasConsent = (await findConsent(db, key)) === 'given'
    const facts = hasConsent ? await listFacts(db, key) : []
    // What was kept before the bot was set to keep nothing is still the person's to see and delete.
    if (facts.length > 0) return presentFacts(facts, language, page)
    if (!keepsFacts(request.bot)) return say(phrase(language, 'memory_unavailable'))
    if (!hasConsent) return say(phrase(language, 'memory_not_on'), consentButtons(language))
    return say(phrase(language, 'memory_empty'), [offButton(language)])
  }

  return {
    async run(request, name, language) {
      if (name === 'memory') return show(request, language, 0)
      if (name !== 'me') return undefined
      const label = phrase(language, 'me_button')
      return say(phrase(language, 'me_link'), [{ label, url: meLinks.urlOf(request.chat.id) }])
    },
    async follow(request, choice, language) {
      const key = keyOf(request)
      switch (choice.kind) {
        case 'memory_page':
          return show(request, language, choice.page)
        case 'memory_remove':
          await removeFact(db, { ...key, factId: choice.factId })
          return show(request, language, 0)
        case 'memory': {
          if (!choice.isOn) {
            await withdrawConsent(db, key)
            return say(phrase(language, 'memory_off'))
          }
          if (!keepsFacts(request.bot)) return say(phrase(language, 'memory_unavailable'))
          await giveConsent(db, { ...key, chatId: request.chat.id })
          return { ...say(phrase(language, 'memory_on')), remembers: true }
        }
      }
    },
  }
}

function presentFacts(facts: Fact[], language: string, page: number): CommandOutcome {
  const from = page * FACTS_PER_PAGE
  const shown = facts.slice(from, from + FACTS_PER_PAGE)
  const lines = shown.map(({ text }, at) => `${from + at + 1}\\. ${escapeMarkdown(text)}`)
  const markdown = [
    `**${phrase(language, 'memory_title')}**`,
    lines.join('\n\n'),
    phrase(language, 'memory_hint'),
  ]
  const hasMore = facts.length > from + FACTS_PER_PAGE
  return say(markdown.join('\n\n'), [
    ...shown.map(({ id }, at) => ({
      label: `🗑 ${from + at + 1}`,
      data: writeButton({ kind: 'memory_remove', factId: id }),
    })),
    ...(hasMore
      ? [
          {
            label: phrase(language, 'sources_more'),
            data: writeButton({ kind: 'memory_page', page: page + 1 }),
          },
        ]
      : []),
    offButton(language),
  ])
}

function offButton(language: string): Button {
  return { label: phrase(language, 'memory_off_button'), data: writeButton({ kind: 'memory', isOn: false }) }
}

function say(markdown: string, buttons: Button[] = []): CommandOutcome {
  return { replies: [{ kind: SHOWING_KIND, markdown, buttons }] }
}

function keyOf({ bot, chat }: TurnRequest): MemoryKey {
  return { creatorId: bot.creatorId, botId: bot.id, subscriberId: chat.subscriberId }
}
