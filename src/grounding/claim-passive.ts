import type { ClaimWord, ReadText, Token } from './claim-text.ts'

const AGENT: ReadonlySet<string> = new Set('by durch por par tarafindan द्वारा โดย'.split(' '))

interface Passive {
  claim: ReadText
  source: ReadText
  matches: ReadonlyMap<ClaimWord, readonly ClaimWord[]>
}

/** True where one of the two names who did it with a word and the other without: the passive turns names round. */
export function isTurnedPassive({ claim, matches, source }: Passive): boolean {
  return claim.words.some((word) => {
    const isName = word.isName || (matches.get(word) ?? []).some((found) => found.isName)
    if (!isName) return false
    const isAgent = isBehindAgent(word, claim.tokens)
    const own = matches.get(word) ?? []
    return own.length > 0 && own.every((found) => isBehindAgent(found, source.tokens) !== isAgent)
  })
}

/** "By Nell", "by the old Nell". */
function isBehindAgent(word: ClaimWord, tokens: readonly Token[]): boolean {
  const at = tokens.findIndex((token) => token.word === word)
  return tokens.slice(Math.max(0, at - AGENT_REACH), at).some(({ text }) => AGENT.has(text))
}

const AGENT_REACH = 3
