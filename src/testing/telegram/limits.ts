import { z } from 'zod'

const MAX_TEXT = 4_096
const MAX_TEXT_BYTES = 32_768
const MAX_DATA_BYTES = 64
const MAX_ENTITIES = 100
const MAX_BUTTONS = 100

const Entity = z.looseObject({
  type: z.string(),
  offset: z.int(),
  length: z.int(),
  url: z.string().optional(),
})
type Entity = z.output<typeof Entity>

/** A sendMessage request as far as a stand-in remembers it. */
export const TelegramOutgoing = z.object({
  chat_id: z.union([z.string(), z.number()]).transform(String),
  text: z.string(),
  entities: z.array(Entity).default([]),
  reply_markup: z
    .object({
      inline_keyboard: z.array(
        z.array(
          z.object({ text: z.string(), callback_data: z.string().optional(), url: z.string().optional() }),
        ),
      ),
    })
    .optional(),
})
export type TelegramOutgoing = z.output<typeof TelegramOutgoing>

/**
 * The limit a message breaks, in the words of the Bot API; undefined when it
 * breaks none. Stricter than the real server in one thing: where that one
 * silently drops an entity (out of place, overlapping, beyond the hundredth),
 * this refuses the message, since the reader would not see what was meant.
 */
export function findTelegramFault({ text, entities, reply_markup }: TelegramOutgoing): string | undefined {
  return findTextFault(text) ?? findEntityFault(text, entities) ?? findKeyboardFault(reply_markup)
}

/** The limit a text breaks that must not be empty. */
export function findTextFault(text: string): string | undefined {
  if (Buffer.byteLength(text) > MAX_TEXT_BYTES) return 'text is too long'
  if (text.trim() === '') return 'message text is empty'
  return text.length > MAX_TEXT ? 'message is too long' : undefined
}

/** The first entity that is out of place in the text or among the others. */
export function findEntityFault(text: string, entities: Entity[]): string | undefined {
  if (entities.length > MAX_ENTITIES) return 'entities too long'
  for (const [index, entity] of entities.entries()) {
    const end = entity.offset + entity.length
    if (entity.offset < 0 || entity.length < 1 || end > text.length) {
      return `can't parse MessageEntity: out of the text at ${entity.offset}`
    }
    if (splitsCharacter(text, entity.offset) || splitsCharacter(text, end)) {
      return `can't parse entities: entity begins or ends in the middle of a character at ${entity.offset}`
    }
    if (entity.type === 'text_link' && !URL.canParse(entity.url ?? '')) return 'ENTITY_URL_INVALID'
    const clash = entities.slice(0, index).find((other) => doClash(entity, other))
    if (clash) return `can't parse entities: ${entity.type} and ${clash.type} overlap at ${entity.offset}`
  }
  return undefined
}

function splitsCharacter(text: string, at: number): boolean {
  const before = text.charCodeAt(at - 1)
  const after = text.charCodeAt(at)
  return before >= 0xd800 && before < 0xdc00 && after >= 0xdc00 && after < 0xe000
}

const STYLES = new Set(['bold', 'italic', 'underline', 'strikethrough', 'spoiler'])
const QUOTES = new Set(['blockquote', 'expandable_blockquote'])
const LITERAL = new Set(['pre', 'code'])

/** The rules of nesting: whole in whole; nothing with code; no quote in a quote; beyond that styles mix freely. */
function doClash(one: Entity, other: Entity): boolean {
  const [oneEnd, otherEnd] = [one.offset + one.length, other.offset + other.length]
  if (oneEnd <= other.offset || otherEnd <= one.offset) return false
  const isNested =
    (one.offset >= other.offset && oneEnd <= otherEnd) || (other.offset >= one.offset && otherEnd <= oneEnd)
  if (!isNested) return true
  if (one.type === other.type) return !STYLES.has(one.type)
  // A quote may hold code, although code may hold nothing.
  const isQuoted = QUOTES.has(one.type) !== QUOTES.has(other.type)
  if (LITERAL.has(one.type) || LITERAL.has(other.type)) return !isQuoted
  return !isQuoted && !STYLES.has(one.type) && !STYLES.has(other.type)
}

function findKeyboardFault(markup: TelegramOutgoing['reply_markup']): string | undefined {
  const buttons = markup?.inline_keyboard.flat() ?? []
  if (buttons.length > MAX_BUTTONS) return 'reply markup is too long'
  for (const { text, callback_data: data, url } of buttons) {
    if (text.trim() === '') return 'inline keyboard button text is empty'
    if (url !== undefined) {
      if (!isLinkOfTheWorld(url)) return `inline keyboard button URL '${url}' is invalid: Wrong HTTP URL`
      continue
    }
    const bytes = Buffer.byteLength(data ?? '')
    if (bytes < 1 || bytes > MAX_DATA_BYTES) return 'BUTTON_DATA_INVALID'
  }
  return undefined
}

/** An address of the web with a host that others can reach; loopback is let through only by its number, for tests. */
function isLinkOfTheWorld(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { protocol, hostname } = new URL(url)
  return ['http:', 'https:', 'tg:'].includes(protocol) && hostname !== 'localhost' && hostname.includes('.')
}
