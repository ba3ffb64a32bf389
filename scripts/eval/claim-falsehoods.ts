import { type Falsification, type Falsifying, pick, wordPattern } from './claim-falsifying.ts'
import { ADDITIONS, FLIPS, MONTHS, NEGATING, NEGATIVE, type Swap, UNITS } from './claim-swaps.ts'
import { capitalise, listsNames, wordsOf } from './claim-truths.ts'
import { denyOtherwise, flipUnlisted, swapAnswer, turnPrefix } from './claim-turns.ts'

export const FALSIFICATIONS: Readonly<Record<string, Falsification>> = {
  'foreign name': ({ sentence, passage, foreign, random }) =>
    swapName(
      sentence,
      pick(
        namesOf(foreign).filter((name) => !passage.includes(name)),
        random,
      ),
      random,
    ),
  'name of the passage': ({ sentence, passage, random }) =>
    swapName(
      sentence,
      pick(
        namesOf(passage).filter((name) => !sentence.includes(name)),
        random,
      ),
      random,
    ),
  'names exchanged': exchangeNames,
  'foreign number': swapForeignNumber,
  'number of the passage': swapNearNumber,
  month: (from) => flip(from, MONTHS),
  unit: (from) => flip(from, UNITS),
  'negation added': ({ sentence, language }) => firstChange(sentence, NEGATING[language]),
  'negation removed': ({ sentence, language }) => firstChange(sentence, NEGATIVE[language]),
  quantifier: (from) => flip(from, FLIPS.quantifier[from.language]),
  modality: (from) => flip(from, FLIPS.modality[from.language]),
  antonym: (from) => flip(from, FLIPS.antonym[from.language]),
  'invented addition': ({ sentence, language, random }) => {
    const added = pick(ADDITIONS[language] ?? [], random)
    return added && sentence.replace(/([.!?。।]?)$/, `${added}$1`)
  },
  'two halves': mixHalves,
  // From here on nothing is shared with what judges.
  'answer of the passage': swapAnswer,
  'denied in other words': denyOtherwise,
  'prefix turned': turnPrefix,
  'antonym not listed': flipUnlisted,
}

function firstChange(sentence: string, rules: readonly Swap[] | undefined): string | undefined {
  for (const [from, to] of rules ?? []) {
    const changed = sentence.replace(from, to)
    if (changed !== sentence) return capitalise(changed)
  }
  return undefined
}

/** One word of a pair for the other, where the other stands not in the sentence too. */
function flip(
  { sentence, random }: Falsifying,
  pairs: readonly (readonly string[])[] | undefined,
): string | undefined {
  const found = (pairs ?? []).flatMap((members) =>
    members.flatMap((word) => {
      const others = members.filter((other) => other !== word && !wordPattern(other).test(sentence))
      return wordPattern(word).test(sentence) && others.length === members.length - 1
        ? [{ word, others }]
        : []
    }),
  )
  const chosen = pick(found, random)
  const other = chosen && pick(chosen.others, random)
  return chosen && other && capitalise(sentence.replace(wordPattern(chosen.word), other))
}

/** Capitalised words within a sentence, runs of them together. */
function namesOf(text: string): string[] {
  const runs = text.match(/(?<=\p{Ll},? )\p{Lu}\p{Ll}+(?: \p{Lu}\p{Ll}+)*/gu) ?? []
  return [...new Set(runs)].filter((run) => run.length > 3)
}

function swapName(sentence: string, name: string | undefined, random: () => number): string | undefined {
  const own = pick(namesOf(sentence), random)
  return own && name && own !== name ? sentence.replace(own, name) : undefined
}

function exchangeNames({ sentence }: Falsifying): string | undefined {
  const [first, second] = namesOf(sentence)
  if (!first || !second || first.includes(second) || second.includes(first)) return undefined
  // In a list the order says nothing: exchanged, it is as true as before.
  if (listsNames(sentence, first, second)) return undefined
  const [from, to] = [sentence.indexOf(first), sentence.indexOf(second)]
  return `${sentence.slice(0, from)}${second}${sentence.slice(from + first.length, to)}${first}${sentence.slice(to + second.length)}`
}

const NUMBER = /\d+(?:[.,:]\d+)*/g

function swapForeignNumber({ sentence, passage, random }: Falsifying): string | undefined {
  const number = pick(sentence.match(NUMBER) ?? [], random)
  if (number === undefined) return undefined
  const digit = Number(number.charAt(number.length - 1))
  for (let step = 1; step < 10; step += 1) {
    const other = `${number.slice(0, -1)}${(digit + step) % 10}`
    if (!passage.includes(other) && Number(other) !== 0) return sentence.replace(number, other)
  }
  return undefined
}

function swapNearNumber({ sentence, passage, random }: Falsifying): string | undefined {
  const own: readonly string[] = sentence.match(NUMBER) ?? []
  const number = pick(own, random)
  const isAlike = (other: string) => other.length === number?.length
  const other = pick(
    (passage.match(NUMBER) ?? []).filter((it) => !own.includes(it) && isAlike(it)),
    random,
  )
  return number && other ? sentence.replace(number, other) : undefined
}

function mixHalves({ sentence, foreign, language }: Falsifying): string | undefined {
  if (!/\s/.test(sentence)) return undefined
  const [mine, theirs] = [sentence.split(/\s+/), foreign.split(/\s+/)]
  if (wordsOf(sentence) < 8 || theirs.length < 8) return undefined
  const joint = { de: 'und', es: 'y', ru: 'и', tr: 've', ar: 'و', hi: 'और' }[language] ?? 'and'
  const half = Math.ceil(mine.length / 2)
  return [...mine.slice(0, half), joint, ...theirs.slice(Math.floor(theirs.length / 2))].join(' ')
}
