import { describe, expect, it } from 'vitest'
import { findBaseForms } from './base-forms.ts'

const WORDS = new Set('stop run make child study nap big sing loaf'.split(' '))
const find = (word: string) => findBaseForms(word, (form) => WORDS.has(form))

describe('findBaseForms', () => {
  it.each([
    ['stopped', 'stop'],
    ['running', 'run'],
    ['ran', 'run'],
    ['making', 'make'],
    ['children', 'child'],
    ['studies', 'study'],
    ['naps', 'nap'],
    ['biggest', 'big'],
    ['loaves', 'loaf'],
    ['sing', 'sing'],
  ])('finds that "%s" is a form of "%s"', (word, base) => {
    expect(find(word)).toEqual([base])
  })

  it('finds nothing where no rest is a word', () => {
    for (const word of ['bring', 'sings-along', 's', '']) expect(find(word)).toEqual([])
  })
})
