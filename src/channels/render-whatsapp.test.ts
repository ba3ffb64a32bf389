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
import type { Citation } from './channel.ts'
import { renderWhatsapp, type WhatsappPayload } from './render-whatsapp.ts'
import { stripWhatsapp } from './render-whatsapp-reading.ts'

const checkRequest = openSpec('whatsapp/messages.request.schema.json').check()

describe('renderWhatsapp', () => {
  it('writes the markup of WhatsApp', () => {
    const markdown =
      '# Plan\n**bold** *it* ~~no~~ `x` [site](https://x.org) <https://y.org>\n\n> one\n> two\n\n- a\n\n```ts\nf()\n```'

    expect(textsOf(markdown)).toEqual([
      '*Plan*\n*bold* _it_ ~no~ `x` site (https://x.org) https://y.org\n\n> one\n> two\n\n- a\n\n```f()```',
    ])
  })

  it('leaves ordinary text with markup characters as it is', () => {
    const ordinary = 'snake_case_name 2*3*4 5 * 3 ~5 https://x.org/_a_/b'

    expect(textsOf(ordinary.replaceAll('*', '\\*'))).toEqual([ordinary])
  })

  it('shows as code what would be taken for formatting, rather than lose a character', () => {
    expect(textsOf('\\*not bold\\* and \\_this\\_')).toEqual(['`*not bold*` and `_this_`'])
    expect(textsOf('\\> no quote')).toEqual(['`>` no quote'])
  })

  it('leaves out formatting that would not be taken: inside a word, around its own sign', () => {
    expect(textsOf('in**side**word **a\\*b** **fine**')).toEqual(['insideword a*b *fine*'])
  })

  it('puts up to three short choices on buttons', () => {
    const buttons = [choice('Yes'), choice('No')]

    expect(renderWhatsapp({ ...buildMessage('Sure?'), buttons })).toEqual([
      {
        kind: 'buttons',
        text: 'Sure?',
        buttons: [
          { id: 'Yes', title: 'Yes' },
          { id: 'No', title: 'No' },
        ],
      },
    ])
  })

  it('makes a list of up to ten choices', () => {
    const buttons = Array.from({ length: 10 }, (_, index) => choice(`Choice number ${index}`))

    const [part] = renderWhatsapp({ ...buildMessage('Which?'), buttons })

    expect(part).toMatchObject({ kind: 'list', text: 'Which?', rows: { length: 10 } })
  })

  it.each([
    ['too many', Array.from({ length: 11 }, (_, index) => choice(`c${index}`))],
    ['too long', [choice('a label of more than twenty-four letters')]],
    ['the same twice', [choice('Yes'), { label: 'Yes', data: 'other' }]],
  ])('numbers choices that are %s, and says what each number means', (_, buttons) => {
    const [part, ...others] = renderWhatsapp({ ...buildMessage('Which?'), buttons })

    expect(others).toEqual([])
    expect(part?.text).toBe(
      `Which?\n\n${buttons.map(({ label }, index) => `${index + 1}. ${label}`).join('\n')}`,
    )
    expect(part?.numbered).toEqual(buttons.map(({ data }, index) => ({ number: index + 1, data })))
  })

  it('numbers choices when buttons would cost a further bubble, and not when they would not', () => {
    const buttons = [choice('Yes'), choice('No')]
    const render = (words: number) => renderWhatsapp({ ...buildMessage('word '.repeat(words)), buttons })

    expect(render(190).map(({ kind }) => kind)).toEqual(['buttons'])
    expect(render(400).map(({ kind, numbered }) => [kind, Array.isArray(numbered)])).toEqual([['text', true]])
    expect(render(900).map(({ kind }) => kind)).toEqual(['text', 'buttons'])
    expect(render(900).at(-1)?.text.length).toBeLessThanOrEqual(1024)
  })

  it('lists sources below the text, with quotes while they need no further bubble', () => {
    const citations = [buildCitation(1, 'Go to bed\n*early*.'), buildCitation(2, 'Rise.')]
    const cite = { label: '[1]', data: 'cite:1:some-message' }

    const [short] = renderWhatsapp({ markdown: 'Sleep [1].', citations, buttons: [cite] })
    const long = renderWhatsapp({ markdown: 'a'.repeat(4_000), citations, buttons: [] })

    expect(short).toEqual({
      kind: 'text',
      text: 'Sleep [1].\n\n[1] Guide · page 1\n   _Go to bed `*early*`._\n[2] Guide · page 2\n   _Rise._',
    })
    expect(long).toHaveLength(1)
    expect(long[0]?.text).toMatch(/\n\n\[1\] Guide · page 1\n\[2\] Guide · page 2$/)
  })

  it('needs no more bubbles than the letters do', () => {
    const markdown = `${'A sentence of some words. '.repeat(30)}\n\n`.repeat(25)

    const bubbles = textsOf(markdown)

    expect(bubbles).toHaveLength(Math.ceil(plainText(markdown).length / 4_072))
    for (const text of bubbles) expect(text).toMatch(/\.$/)
  })

  it('renders a thousand answers within the limits, with all their text', { timeout: 60_000 }, () => {
    for (const { name, markdown } of generateAnswers(1_000)) expectSound(name, markdown)
  })

  it.skipIf(!HAS_NAUGHTY_STRINGS)('renders each collected hostile string, also as label and source', () => {
    for (const { name, markdown } of readNaughtyStrings()) {
      expectSound(name, markdown)
      const citations = [{ ...buildCitation(1, markdown), document: markdown }]
      const parts = renderWhatsapp({
        markdown: '[1]',
        citations,
        buttons: [choice(markdown), choice('other')],
      })
      expect(parts.flatMap(findFaults), name).toEqual([])
    }
  })

  it('renders whatever comes in, the same each time', () => {
    const atoms = fc.constantFrom(
      '\\*',
      '\\_',
      '\\`',
      '**',
      '_',
      '`',
      '~~',
      '```',
      '> ',
      '\\> ',
      '- ',
      '\n',
      '\n\n',
      'a',
      ' ',
      'é',
      ')',
    )
    const markdown = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.array(atoms, { maxLength: 60 }).map((pieces) => pieces.join('')),
    )
    fc.assert(
      fc.property(markdown, (text) => {
        expectSound(JSON.stringify(text), text)
        expect(renderWhatsapp(buildMessage(text))).toEqual(renderWhatsapp(buildMessage(text)))
      }),
      { numRuns: 600, seed: 7 },
    )
  })
})

function choice(label: string): { label: string; data: string } {
  return { label, data: label }
}

function buildCitation(n: number, quote: string): Citation {
  return { n, documentId: 'd', passageId: 'p', document: 'Guide', locator: `page ${n}`, quote }
}

function textsOf(markdown: string): string[] {
  return renderWhatsapp(buildMessage(markdown)).map(({ text }) => text)
}

function expectSound(name: string, markdown: string): void {
  const parts = renderWhatsapp(buildMessage(markdown))
  const whole = plainText(markdown, { isAddressShown: () => true })
  const difference = findTextDifference(
    whole,
    parts.map(({ text }) => stripWhatsapp(text)),
  )
  expect([...parts.flatMap(findFaults), difference].filter(Boolean), name).toEqual([])
}

/** What breaks a published limit of the Messages API. */
function findFaults(part: WhatsappPayload): string[] {
  const faults: string[] = []
  const { text } = part
  if (text.trim() === '') faults.push('no text')
  if (!text.isWellFormed()) faults.push('half a character')
  if (text.length > (part.kind === 'text' ? 4096 : 1024)) faults.push(`${text.length} units`)
  const choices = part.kind === 'buttons' ? part.buttons : part.kind === 'list' ? part.rows : []
  const [maxTitle, maxId, maxCount] = part.kind === 'buttons' ? [20, 256, 3] : [24, 200, 10]
  if (part.kind !== 'text' && choices.length === 0) faults.push('no choices')
  if (choices.length > maxCount) faults.push('too many choices')
  if (new Set(choices.map(({ title }) => title)).size < choices.length) faults.push('equal titles')
  for (const { id, title } of choices) {
    if (title.trim() === '' || title.length > maxTitle) faults.push(`title ${title}`)
    if (id === '' || id.length > maxId) faults.push('id')
  }
  const refusal = checkRequest(toRequest(part))
  return refusal === undefined ? faults : [...faults, refusal]
}

function toRequest(part: WhatsappPayload): unknown {
  const base = { messaging_product: 'whatsapp', to: '15550001111' }
  if (part.kind === 'text') return { ...base, type: 'text', text: { body: part.text } }
  const action =
    part.kind === 'buttons'
      ? { buttons: part.buttons.map((reply) => ({ type: 'reply', reply })) }
      : { button: part.button, sections: [{ rows: part.rows }] }
  const type = part.kind === 'buttons' ? 'button' : 'list'
  return { ...base, type: 'interactive', interactive: { type, body: { text: part.text }, action } }
}
