import type { Matching } from './claim-place.ts'
import type { ClaimWord, Token } from './claim-text.ts'

/**
 * True where a claim puts together a name that its source has only as a part of others: "Malcolm Bradley" of "Raymond
 * Bradley and Malcolm Hughes".
 */
export function mixesNames({ claim, source, matches }: Matching): boolean {
  const isNamed = (word: ClaimWord) => word.isName || (matches.get(word) ?? []).some(({ isName }) => isName)
  return claim.tokens.some((token, at) => {
    const [first, second] = [token.word, claim.tokens[at + 1]?.word]
    if (!first || !second || !isPart(first) || !isPart(second) || first.clause !== second.clause) return false
    if (!isNamed(first) || !isNamed(second)) return false
    const [firsts, seconds] = [matches.get(first) ?? [], matches.get(second) ?? []]
    if (firsts.length === 0 || seconds.length === 0) return false
    const runs = firsts.map((word) => nameFrom(word, source.tokens))
    if (runs.some((run) => seconds.some((word) => run.includes(word)))) return false
    return runs.every((run) => run.length > 1) || seconds.every((word) => isBehindName(word, source.tokens))
  })
}

function isPart({ isContent, values }: ClaimWord): boolean {
  return isContent && values.length === 0
}

/** The word and the names right behind it. */
function nameFrom(word: ClaimWord, tokens: readonly Token[]): ClaimWord[] {
  const run = [word]
  for (let at = tokens.findIndex((token) => token.word === word) + 1; at < tokens.length; at += 1) {
    const next = tokens[at]?.word
    if (!next?.isName || !isPart(next) || next.clause !== word.clause) break
    run.push(next)
  }
  return run
}

function isBehindName(word: ClaimWord, tokens: readonly Token[]): boolean {
  const before = tokens[tokens.findIndex((token) => token.word === word) - 1]?.word
  return before?.isName === true && isPart(before) && before.clause === word.clause
}
