import type { RetrievedPassage } from '../../knowledge/passage.ts'
import { foldText, wordsOf } from '../../knowledge/words/terms.ts'

/** "Maya: Good evening": who speaks, at the beginning of a line of a recording. */
const SPOKEN = /^(\p{Lu}[\p{L}\p{M}'’.-]*(?: \p{Lu}[\p{L}\p{M}'’.-]*){0,2}): (.*)$/gmu

/** Who says less than this share of a recording came to ask; its host or guest says more. */
const ASKS_ONLY = 0.34

/**
 * True where a question names somebody who is heard in a recording without leading it: another client of the coach,
 * whose words are for the group they were said in. It is answered with nobody's words.
 */
export function namesParticipant(question: string, passages: readonly RetrievedPassage[]): boolean {
  const participants = findParticipants(passages)
  if (participants.size === 0) return false
  const isTypedSmall = question === question.toLowerCase()
  for (const { term, isName, isFunction, start } of wordsOf(question)) {
    const isWritten = isTypedSmall ? !isFunction : isName || start === 0
    if (isWritten && participants.has(term)) return true
  }
  return false
}

/** The names, folded, of those who speak little. */
function findParticipants(passages: readonly RetrievedPassage[]): ReadonlySet<string> {
  const names = new Set<string>()
  const recordings = Map.groupBy(
    passages.filter(({ startMs }) => startMs !== undefined),
    ({ documentId }) => documentId,
  )
  for (const [, heard] of recordings) {
    const said = new Map<string, number>()
    for (const { text } of heard)
      for (const [, speaker = '', words = ''] of text.matchAll(SPOKEN))
        said.set(speaker, (said.get(speaker) ?? 0) + words.length)
    const all = [...said.values()].reduce((sum, length) => sum + length, 0)
    for (const [speaker, length] of said)
      if (length < ASKS_ONLY * all) for (const name of foldText(speaker).split(' ')) names.add(name)
  }
  return names
}
