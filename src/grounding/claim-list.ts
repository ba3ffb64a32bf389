import type { ClaimWord, Token } from './claim-text.ts'

const LINKS: ReadonlySet<string> = new Set(
  'and or und oder sowie bzw y e o u et ou и или ve veya ile و أو او और या 和 หรือ และ as well'.split(' '),
)

/** Words between two of a list; a longer stretch is no list any more. */
const LIST_TOKENS = 12

/** "Rome, Paris and London": nothing stands between two words but others of their kind and what links them. */
export function areListed(one: ClaimWord, other: ClaimWord, tokens: readonly Token[]): boolean {
  if (one.sentence !== other.sentence || Math.abs(one.at - other.at) > LIST_TOKENS) return false
  const ends = [one, other].map((word) => tokens.findIndex((token) => token.word === word))
  const [from = -1, to = -1] = ends.sort((a, b) => a - b)
  if (from < 0) return false
  const stretch = tokens.slice(from, to + 1)
  const isLink = ({ text }: Token) => LINKS.has(text)
  const isApart = stretch.some(isLink) || stretch[0]?.clause !== stretch.at(-1)?.clause
  return (
    isApart &&
    stretch.slice(1, -1).every((token) => isLink(token) || (token.word?.isContent && token.word.isName))
  )
}
