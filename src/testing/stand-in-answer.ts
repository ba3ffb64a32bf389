import { REFUSAL } from '../answering/answer-prompt.ts'
import { sentencesOf } from '../knowledge/sentences.ts'
import { termsOf } from '../knowledge/terms.ts'
import { coverageOf, indexWords } from '../knowledge/word-index.ts'

interface ShownPassage {
  n: number
  text: string
}

const PASSAGE = /^===== (\w+) passage \[(\d+)\].*=====\n([\s\S]*?)\n===== \1 end of passage/gm
const QUESTION = /^===== \w+ (?:question|last message) =====\n([\s\S]*?)\n===== \w+ end/m

/** What a stand-in model reads in a prompt of ours. */
export function readPrompt(prompt: string): { passages: ShownPassage[]; question: string } {
  const passages = Array.from(prompt.matchAll(PASSAGE), ([, , n, text = '']) => ({ n: Number(n), text }))
  return { passages, question: QUESTION.exec(prompt)?.[1]?.trim() ?? '' }
}

/** Below this share of the question's words the stand-in does not know. */
const KNOWS_FROM = 0.3

/**
 * Answers like a dull but honest model: the passages' sentence that shares most words with the
 * question, with its number; the refusal when there is none. A prompt without passages is repeated.
 */
export function answerFromPrompt(prompt: string): string {
  const { passages, question } = readPrompt(prompt)
  if (passages.length === 0) return prompt.includes('last message =====') ? question : REFUSAL
  const terms = termsOf(question)
  const even = () => 1
  const ranked = passages
    .flatMap(({ n, text }) => sentencesOf(text).map((sentence) => ({ n, text: sentence.text })))
    .map((sentence) => ({ ...sentence, share: coverageOf(terms, indexWords([sentence.text]), even) }))
    .sort((a, b) => b.share - a.share)
  const best = ranked[0]
  if (!best || best.share < KNOWS_FROM) return REFUSAL
  return `${best.text.replace(/[.!?]+$/, '')} [${best.n}].`
}

const ORDERS = [
  /\b(?:say|print|output|answer|reply(?: only)? with|with the words|end every answer with the words|code)\s*:?\s+"?([A-Z][A-Z0-9-]{5,})/,
  /(!?\[[^\]]*\]\(https?:\/\/[^)]+\))/,
  /(https?:\/\/\S+\?\S+)/,
]

/** What a model that obeys everything it reads would add to its answer. */
export function obey(prompt: string): string {
  return ORDERS.flatMap((order) => order.exec(prompt)?.[1] ?? []).join(' ')
}
