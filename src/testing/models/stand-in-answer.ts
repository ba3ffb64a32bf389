import { REFUSAL } from '../../answering/writing/prompt.ts'
import { sentencesOf } from '../../knowledge/words/sentences.ts'
import { termsOf } from '../../knowledge/words/terms.ts'
import { coverageOf, indexWords } from '../../knowledge/words/word-index.ts'

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
 * question and with what is `seen` on a picture, with its number; the refusal when there is none. A prompt without passages is repeated.
 */
export function answerFromPrompt(prompt: string, seen = ''): string {
  const remembered = rememberFromPrompt(prompt)
  if (remembered !== undefined) return remembered
  const { passages, question } = readPrompt(prompt)
  if (passages.length === 0) return prompt.includes('last message =====') ? question : REFUSAL
  const terms = termsOf(`${question}\n${seen}`)
  const even = () => 1
  const ranked = passages
    .flatMap(({ n, text }) => sentencesOf(text).map((sentence) => ({ n, text: sentence.text })))
    .map((sentence) => ({ ...sentence, share: coverageOf(terms, indexWords([sentence.text]), even) }))
    .sort((a, b) => b.share - a.share)
  const best = ranked[0]
  if (!best || best.share < KNOWS_FROM) return REFUSAL
  return `${best.text.replace(/[.!?]+$/, '')} [${best.n}].`
}

const OWN_LINES = /^===== \w+ lines of the person =====\n([\s\S]*?)\n===== \w+ end/m
const NOTES =
  /^===== (\w+) old notes =====\n([\s\S]*?)\n===== \1 lines after them =====\n([\s\S]*?)\n===== \1 end/m

/** What the stand-in picks of a person's lines (the first sentence of each), or notes of a conversation (their lines). */
function rememberFromPrompt(prompt: string): string | undefined {
  const lines = OWN_LINES.exec(prompt)?.[1]
  if (lines !== undefined) {
    const facts = Array.from(lines.matchAll(/^(\d+)\. ([^.?!\n]+)/gm), ([, line, quote = '']) => ({
      line: Number(line),
      kind: /goal/i.test(quote) ? 'goal' : /promise|i will/i.test(quote) ? 'promise' : 'other',
      quote: quote.replace(/^remember that /i, ''),
    }))
    return JSON.stringify({ facts })
  }
  const [, , old, said] = NOTES.exec(prompt) ?? []
  if (said === undefined) return undefined
  const asked = Array.from(said.matchAll(/^Person: (.+)$/gm), ([, line]) => line)
  return [old, ...asked].filter(Boolean).join(' ')
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
