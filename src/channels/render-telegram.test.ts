import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { plainText } from '../testing/markdown/plain-text.ts'
import {
  buildMessage,
  generateAnswers,
  HAS_NAUGHTY_STRINGS,
  readNaughtyStrings,
} from '../testing/markdown/rendered-answers.ts'
import { findTextDifference } from '../testing/markdown/text-content.ts'
import { openSpec } from '../testing/vendor-spec.ts'
import { renderTelegram, type TelegramPayload } from './render-telegram.ts'
import type { TelegramButton } from './render-telegram-buttons.ts'
import type { TelegramEntity } from './render-telegram-entities.ts'

const checkSend = [
  openSpec('telegram/bot-api-10.1.schema.json').check('methods.sendMessage'),
  openSpec('telegram/bot-api-10.3.types.schema.json').check('methods.sendMessage'),
]
const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' })

describe('renderTelegram', () => {
  it('says formatting in entities, by offset, without a parse mode', () => {
    const [part] = renderTelegram(
      buildMessage('# Plan\n**bold *both* `c`** ~~no~~ [site](https://x.org)\n> quoted'),
    )

    expect(part?.text).toBe('Plan\nbold both c no site\n\nquoted')
    expect(part?.entities).toEqual([
      { type: 'bold', offset: 0, length: 4 },
      { type: 'bold', offset: 5, length: 9 },
      { type: 'italic', offset: 10, length: 4 },
      { type: 'code', offset: 15, length: 1 },
      { type: 'strikethrough', offset: 17, length: 2 },
      { type: 'text_link', offset: 20, length: 4, url: 'https://x.org' },
      { type: 'blockquote', offset: 26, length: 6 },
    ])
  })

  it('cuts between blocks, and goes on with code as code of its language', () => {
    const code = Array.from({ length: 300 }, (_, index) => `const line${index} = ${index}`).join('\n')
    const intro = 'word '.repeat(200).trim()

    const parts = renderTelegram(buildMessage(`${intro}\n\n\`\`\`ts\n${code}\n\`\`\``))

    expect(parts).toHaveLength(2)
    for (const part of parts) {
      expect(part.entities).toContainEqual(expect.objectContaining({ type: 'pre', language: 'ts' }))
    }
    expect(parts[1]?.text).toMatch(/^const line\d+ = \d+\n/)
  })

  it('moves a block that fits into the next part rather than cutting it', () => {
    const [first, second] = ['first '.repeat(500).trim(), 'second '.repeat(500).trim()]

    const parts = renderTelegram(buildMessage(`${first}\n\n${second}`))

    expect(parts.map(({ text }) => text)).toEqual([first, second])
  })

  it('never leaves a heading alone at the end of a part', () => {
    const filler = 'word '.repeat(780).trim()

    const parts = renderTelegram(buildMessage(`${filler}\n\n## Next\n\n${filler}`))

    expect(parts[1]?.text.startsWith('Next\n')).toBe(true)
  })

  it('keeps the numbers of a list that goes on in the next part', () => {
    const items = Array.from({ length: 60 }, (_, index) => `${index + 1}. ${'step '.repeat(30).trim()}`)

    const parts = renderTelegram(buildMessage(items.join('\n')))

    expect(parts.length).toBeGreaterThan(2)
    for (const { text } of parts) expect(text).toMatch(/^\d+\. step/)
    expect(parts.map(({ text }) => text).join('\n')).toBe(items.join('\n'))
  })

  it.each([
    ['families of emoji', '👨‍👩‍👧‍👦'],
    ['flags', '🇩🇪'],
    ['letters with marks', 'e\u0301\u0323'],
    ['marks on spaces', 'a \u0301'],
    ['words of a script without spaces', '習慣'],
  ])('never cuts %s', (_, cluster) => {
    for (let lead = 0; lead < 12; lead++) {
      const whole = 'x'.repeat(lead) + cluster.repeat(3_000)

      const parts = renderTelegram(buildMessage(whole)).map(({ text }) => text)

      expect(parts.length).toBeGreaterThan(1)
      expect(findBadCut(whole, parts)).toBeUndefined()
      expect(findTextDifference(whole, parts)).toBeUndefined()
    }
  })

  it('keeps the more important of more than a hundred entities', () => {
    const markdown = `${'**b** '.repeat(150)}[l](https://x.org)`

    const [part] = renderTelegram(buildMessage(markdown))

    expect(part?.entities).toHaveLength(100)
    expect(part?.entities.at(-1)).toMatchObject({ type: 'text_link' })
  })

  it('puts five short buttons in a row, a long one alone, all under the last part', () => {
    const labels = ['[1]', '[2]', '[3]', '[4]', '[5]', '[6]', 'Something long', '[7]']
    const buttons = labels.map((label, index) => ({ label, data: `cite:${index}` }))
    const refused = [
      { label: ' ', data: 'x' },
      { label: 'x', data: '' },
      { label: 'x', data: 'é'.repeat(33) },
    ]

    const parts = renderTelegram({
      ...buildMessage('word '.repeat(1_000)),
      buttons: [...buttons, ...refused],
    })

    expect(parts.map((part) => part.buttons?.map((row) => row.map(({ label }) => label)))).toEqual([
      undefined,
      [['[1]', '[2]', '[3]', '[4]', '[5]'], ['[6]'], ['Something long'], ['[7]']],
    ])
  })

  it('has no parts for nothing to see, and a sign above buttons without words', () => {
    const buttons = [{ label: 'Yes', data: 'yes' }]

    expect(renderTelegram(buildMessage(' \u200B\n \u2800'))).toEqual([])
    expect(renderTelegram({ ...buildMessage(''), buttons })).toEqual([
      { text: '…', entities: [], buttons: [buttons] },
    ])
  })

  it('renders a thousand answers within the limits, with all their text', { timeout: 60_000 }, () => {
    for (const { name, markdown } of generateAnswers(1_000)) expectSound(name, markdown)
  })

  it.skipIf(!HAS_NAUGHTY_STRINGS)('renders each collected hostile string', () => {
    for (const { name, markdown } of readNaughtyStrings()) expectSound(name, markdown)
  })

  it('renders whatever comes in, the same each time', () => {
    const atoms = fc.constantFrom(
      '*',
      '**',
      '_',
      '`',
      '```\n',
      '[1]',
      '](',
      '> ',
      '- ',
      '\n',
      '\n\n',
      '|',
      'a',
      '👨‍👩‍👧',
      ' ',
    )
    const markdown = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.array(atoms, { maxLength: 200 }).map((pieces) => pieces.join('')),
    )
    fc.assert(
      fc.property(markdown, (text) => {
        expectSound(JSON.stringify(text), text)
        expect(renderTelegram(buildMessage(text))).toEqual(renderTelegram(buildMessage(text)))
      }),
      { numRuns: 300, seed: 7 },
    )
  })
})

function expectSound(name: string, markdown: string): void {
  const parts = renderTelegram(buildMessage(markdown))
  const whole = plainText(markdown, { isAddressShown: (url) => url.startsWith('mailto:') })
  const faults = parts.flatMap((part) => findFaults(part))
  const texts = parts.map(({ text }) => text)
  const difference = findTextDifference(whole, texts)
  const cut = parts.length > 1 ? findBadCut(whole, texts) : undefined
  expect([...faults, difference, cut].filter(Boolean), name).toEqual([])
}

/** What breaks a published rule of sendMessage and MessageEntity. */
function findFaults({ text, entities, buttons }: TelegramPayload): string[] {
  const faults: string[] = []
  if (text.length < 1 || text.length > 4096) faults.push(`${text.length} units`)
  if (Buffer.byteLength(text) > 32_768) faults.push('too many bytes')
  if (text !== text.trim()) faults.push('white space at an end')
  if (!text.isWellFormed()) faults.push('half a character')
  if (entities.length > 100) faults.push('too many entities')
  for (const [index, entity] of entities.entries()) {
    const inside = text.slice(entity.offset, entity.offset + entity.length)
    if (entity.offset < 0 || inside.length !== entity.length || entity.length < 1)
      faults.push('out of the text')
    if (!inside.isWellFormed()) faults.push('entity cuts a character')
    if (inside !== inside.trimEnd()) faults.push(`${entity.type} ends in white space`)
    for (const other of entities.slice(0, index)) {
      if (!mayStandTogether(other, entity)) faults.push(`${other.type} with ${entity.type}`)
    }
  }
  const markup = buttons && {
    inline_keyboard: buttons.flat().map((button) => [presentButton(button)]),
  }
  const request = { chat_id: 1, text, entities, ...(markup ? { reply_markup: markup } : {}) }
  return [...faults, ...checkSend.map((check) => check(request) ?? '').filter(Boolean)]
}

/** As it is sent; an invoice has become a link by then. */
function presentButton(button: TelegramButton): Record<string, string> {
  if ('data' in button) return { text: button.label, callback_data: button.data }
  return { text: button.label, url: 'url' in button ? button.url : 'https://t.me/$invoice' }
}

/** `outer` comes first in the list. */
function mayStandTogether(outer: TelegramEntity, inner: TelegramEntity): boolean {
  const outerEnd = outer.offset + outer.length
  const innerEnd = inner.offset + inner.length
  if (inner.offset >= outerEnd || outer.offset >= innerEnd) return true
  const isInside = inner.offset >= outer.offset && innerEnd <= outerEnd
  if (!isInside || outer.type === inner.type) return false
  if (outer.type === 'pre' || outer.type === 'code') return false
  if (inner.type === 'pre' || inner.type === 'code') return outer.type === 'blockquote'
  return inner.type !== 'blockquote'
}

/** A cut inside what a reader sees as one character, unless that alone is longer than a part. */
function findBadCut(whole: string, parts: string[]): string | undefined {
  const segments = graphemes.segment(whole)
  let from = 0
  for (const part of parts) {
    const at = whole.indexOf(part, from)
    // A part that holds other lines than the whole (a trimmed indent) is compared by its text alone.
    if (at === -1) continue
    const segment = segments.containing(at)
    if (segment && segment.index !== at && segment.segment.length <= 4096) {
      return `cut in ${JSON.stringify(segment.segment)} at ${at}`
    }
    from = at + part.length
  }
  return undefined
}
