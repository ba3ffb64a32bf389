import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Block } from '../../extraction/block.ts'
import { type ChunkLimits, chunkBlocks as streamChunks } from './chunk.ts'
import { measureTokens } from './chunk-units.ts'

const heading = (text: string, level = 1): Block => ({ kind: 'heading', text, level })
const paragraph = (text: string, page?: number): Block => ({
  kind: 'paragraph',
  text,
  ...(page === undefined ? {} : { page }),
})
const chunkBlocks = (blocks: Block[], limits?: ChunkLimits) => [...streamChunks(blocks, limits)]
const small = { maxTokens: 20, overlapTokens: 6 }

describe('chunkBlocks', () => {
  it('starts a passage at each heading and names the way to it', () => {
    const chunks = chunkBlocks([
      paragraph('Before any heading.'),
      heading('Sleep'),
      paragraph('Sleep well.'),
      heading('Naps', 2),
      paragraph('Until 15:00.', 2),
      paragraph('Twenty minutes.', 3),
      heading('Food'),
      paragraph('Eat well.'),
    ])

    expect(chunks.map(({ headingPath, section, text }) => ({ headingPath, section, text }))).toEqual([
      { headingPath: [], section: 0, text: 'Before any heading.' },
      { headingPath: ['Sleep'], section: 1, text: 'Sleep well.' },
      { headingPath: ['Sleep', 'Naps'], section: 2, text: 'Until 15:00.\n\nTwenty minutes.' },
      { headingPath: ['Food'], section: 3, text: 'Eat well.' },
    ])
    expect(chunks[2]).toMatchObject({ pageFrom: 2, pageTo: 3 })
  })

  it('keeps a heading that has nothing below it, and no heading that only holds deeper ones', () => {
    const chunks = chunkBlocks([
      heading('Part'),
      heading('Chapter', 2),
      paragraph('Text.'),
      heading('The end', 2),
    ])

    expect(chunks.map(({ text }) => text)).toEqual(['Text.', 'The end'])
  })

  it('cuts behind sentences and repeats the last of them', () => {
    const sentences = Array.from({ length: 8 }, (_, i) => `Sentence ${i} is short.`)

    const chunks = chunkBlocks([paragraph(sentences.join(' '))], small)

    expect(chunks.length).toBeGreaterThan(1)
    for (const { text } of chunks) expect(text).toMatch(/^Sentence .*short\.$/s)
    expect(chunks[1]?.text.startsWith(chunks[0]?.text.slice(-20) ?? '?')).toBe(true)
  })

  it('repeats the header row of a table that does not fit', () => {
    const rows = Array.from({ length: 12 }, (_, i) => `Exercise ${i} | ${i} sets`)

    const chunks = chunkBlocks([{ kind: 'table', text: ['Name | Sets', ...rows].join('\n') }], small)

    expect(chunks.length).toBeGreaterThan(2)
    for (const { text } of chunks) expect(text.split('\n')[0]).toBe('Name | Sets')
    for (const row of rows)
      expect(chunks.filter(({ text }) => text.split('\n').includes(row))).toHaveLength(1)
  })

  it('names the time of the first cue and a speaker where the voice changes', () => {
    const cue = (text: string, startMs: number, speaker: string): Block => ({
      kind: 'cue',
      text,
      speaker,
      timecode: { startMs, endMs: startMs + 900 },
    })

    const [chunk] = chunkBlocks([
      cue('Hello.', 61_000, 'Maya'),
      cue('My rule:', 62_000, 'Maya'),
      cue('Yes?', 63_000, 'Jo'),
    ])

    expect(chunk).toMatchObject({ startMs: 61_000, text: 'Maya: Hello.\nMy rule:\nJo: Yes?' })
  })

  it('cuts a line without an end between graphemes, and in no time', () => {
    const line = '👩‍👩‍👧e\u0301'.repeat(20_000)
    const started = performance.now()

    const chunks = chunkBlocks([paragraph(line)])

    expect(performance.now() - started).toBeLessThan(3_000)
    for (const { text } of chunks) {
      expect(text.isWellFormed()).toBe(true)
      expect(text).toMatch(/^(👩‍👩‍👧|e\u0301)/u)
    }
  })

  it('loses no word and keeps to its size, whatever the text', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 400 }).map((it) => it.trim() || 'x')
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 6 }), (texts) => {
        const chunks = chunkBlocks(
          texts.map((it) => paragraph(it)),
          { maxTokens: 30, overlapTokens: 0 },
        )

        const squeeze = (it: string) => it.replace(/\s+/g, '')
        expect(squeeze(chunks.map((chunk) => chunk.text).join(''))).toBe(squeeze(texts.join('')))
        for (const chunk of chunks) expect(measureTokens(chunk.text)).toBeLessThanOrEqual(30 + 12)
      }),
      { numRuns: 200 },
    )
  })
})
