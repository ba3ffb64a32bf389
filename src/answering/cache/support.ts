import { isVerbatim } from '../../knowledge/citation.ts'
import type { RetrievedPassage } from '../../knowledge/passage.ts'
import { foldText, termsOf } from '../../knowledge/words/terms.ts'
import type { KeptAnswer } from './rows.ts'

/**
 * True when what was found for a question holds every proof of a kept answer: each cited passage is among it, with
 * the quote still standing in its section.
 */
export function isSupported({ citations }: KeptAnswer, found: readonly RetrievedPassage[]): boolean {
  const byId = new Map(found.map((passage) => [passage.id, passage]))
  return (
    citations.length > 0 &&
    citations.every(({ passageId, quote }) => {
      const passage = byId.get(passageId)
      return passage !== undefined && isVerbatim(quote, `${passage.context}\n${passage.text}`)
    })
  )
}

/**
 * True when an answer holds words that only the question had, or the question a name that the material has not: what
 * someone told is not kept for others.
 */
export function repeatsTheAsker(
  question: string,
  markdown: string,
  found: readonly RetrievedPassage[],
): boolean {
  const answer = foldText(markdown)
  const material = foldText(
    found
      .map(({ document, headingPath, context, text }) => [document, ...headingPath, context, text].join('\n'))
      .join('\n'),
  )
  return termsOf(question).some(
    ({ text, isName }) => !material.includes(text) && (isName || answer.includes(text)),
  )
}

/** Cosine of two vectors; 0 where they cannot be compared. */
export function cosineOf(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) return 0
  let [dot, lengthA, lengthB] = [0, 0, 0]
  for (const [at, x] of a.entries()) {
    const y = b[at] ?? 0
    dot += x * y
    lengthA += x * x
    lengthB += y * y
  }
  return dot / (Math.sqrt(lengthA * lengthB) || 1)
}
