import { readFileSync } from 'node:fs'
import { remembered } from '../../knowledge/words/remembered.ts'
import { findBaseForms } from './base-forms.ts'

/** Words related to one, and how much of it each is, 0 to 1: a synonym all of it, the kind it is of less. */
export type Relations = ReadonlyMap<string, number>

const TABLE = new URL('./word-relations.txt', import.meta.url)

/** Words whose forms are kept. */
const REMEMBERED_WORDS = 20_000

/** Shares stand in the table in tenths. */
const TENTHS = 10

/** Each word's line, read apart when it is asked for. */
let table: Map<string, string> | undefined

/** Read with the first question: a command that asks none does not wait for it. */
function readTable(): Map<string, string> {
  if (table) return table
  table = new Map()
  for (const line of readFileSync(TABLE, 'utf8').split('\n')) {
    const end = line.indexOf(' ')
    if (end > 0 && !line.startsWith('#')) table.set(line.slice(0, end), line.slice(end + 1))
  }
  return table
}

/** The English words, in their base form, that may stand for this one; none for most words of other languages. */
export function findRelations(word: string): Relations {
  const related = new Map<string, number>()
  for (const form of baseFormsOf(word)) {
    for (const [, other = '', tenths] of readTable().get(form)?.matchAll(ENTRY) ?? [])
      related.set(other, Math.max(Number(tenths) / TENTHS, related.get(other) ?? 0))
  }
  return related
}

const ENTRY = /([a-z]+)(\d+)/g

/** The forms under which the table knows a word; the same words come in every sentence. */
export const baseFormsOf = remembered((word: string): readonly string[] => {
  const all = readTable()
  return findBaseForms(word, (form) => all.has(form))
}, REMEMBERED_WORDS)
