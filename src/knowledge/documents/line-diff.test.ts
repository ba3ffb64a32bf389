import { describe, expect, it } from 'vitest'
import { type DiffLine, diffLines } from './line-diff.ts'

const MARKS = { same: ' ', removed: '-', added: '+' } as const

function show(lines: DiffLine[]): string[] {
  return lines.map(({ kind, text }) => `${MARKS[kind]}${text}`)
}

describe('diffLines', () => {
  it.each([
    ['a\nb\nc', 'a\nb\nc', [' a', ' b', ' c']],
    ['a\nb\nc', 'a\nc', [' a', '-b', ' c']],
    ['a\nc', 'a\nb\nc', [' a', '+b', ' c']],
    ['a\nb\nc\nd', 'a\nx\nc\ny', [' a', '-b', '+x', ' c', '-d', '+y']],
    ['', 'a', ['-', '+a']],
    ['a\na', 'a', [' a', '-a']],
  ])('of %j and %j keeps what is common', (before, after, lines) => {
    expect(show(diffLines(before, after))).toEqual(lines)
  })

  it('gives both texts back whole, whatever they are', () => {
    let seed = 7
    const random = () => (seed = (seed * 48_271) % 2_147_483_647)
    const text = () => Array.from({ length: random() % 12 }, () => 'abc'[random() % 3]).join('\n')
    for (let at = 0; at < 500; at++) {
      const [before, after] = [text(), text()]
      const lines = diffLines(before, after)
      const side = (other: DiffLine['kind']) =>
        lines.filter(({ kind }) => kind !== other).map((line) => line.text)

      expect(side('added').join('\n')).toBe(before)
      expect(side('removed').join('\n')).toBe(after)
    }
  })

  it('ends at once for texts that have nothing in common', () => {
    const [before, after] = ['a', 'b'].map((letter) => Array(20_000).fill(letter).join('\n'))

    const startedAt = performance.now()
    expect(diffLines(before ?? '', after ?? '')).toHaveLength(40_000)
    expect(performance.now() - startedAt).toBeLessThan(2_000)
  })

  it('finds single changes in a text far too long to compare whole', () => {
    const lines = Array.from({ length: 20_000 }, (_, at) => (at % 7 === 0 ? 'again and again' : `line ${at}`))
    const changed = lines.toSpliced(15_000, 1, 'other').toSpliced(100, 0, 'new').toSpliced(9_000, 1)
    const diff = diffLines(lines.join('\n'), changed.join('\n'))

    expect(show(diff.filter(({ kind }) => kind !== 'same')).sort()).toEqual(
      ['+new', '+other', `-${lines[8_999]}`, `-${lines[15_000]}`].sort(),
    )
    expect(diff.flatMap(({ kind, text }) => (kind === 'added' ? [] : [text]))).toEqual(lines)
    expect(diff.flatMap(({ kind, text }) => (kind === 'removed' ? [] : [text]))).toEqual(changed)
  })
})
