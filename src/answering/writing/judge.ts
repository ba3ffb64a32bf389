import { inLanguage } from '../../bots/bot-settings.ts'
import { phrase } from '../../bots/phrases.ts'
import { createClaimCheck } from '../../grounding/claim-support.ts'
import { type CheckedAnswer, checkClaims, GENERAL_SIGN, type Verdicts } from '../../grounding/claims.ts'
import { createEchoGuard, type EchoGuard } from '../../grounding/echo-guard.ts'
import { removeForeignLinks } from '../../grounding/links.ts'
import type { Source } from '../../grounding/source.ts'
import { isInstructionLike, stripInvisible } from '../../knowledge/instruction-like.ts'
import { remembered } from '../../knowledge/words/remembered.ts'
import { sentencesOf } from '../../knowledge/words/sentences.ts'
import { type Term, termsOf } from '../../knowledge/words/terms.ts'
import { indexWords } from '../../knowledge/words/word-index.ts'
import type { PromptMessage } from '../../models/model.ts'
import type { WriteRequest } from '../written-answer.ts'
import { REFUSAL } from './prompt.ts'

/** Decides what of a model's words may be said. */
export interface Judge {
  /** From now on the rules in this prompt are a secret. */
  guard(prompt: readonly PromptMessage[]): void
  /** What may be said of the whole answer. */
  whole(written: { text: string; isStopped: boolean; isCut: boolean }): CheckedAnswer
  /** The same while it is being written. */
  draft(text: string): string
}

/** Longest answer kept: a reader's patience, and one message on every channel. */
const MAX_ANSWER_CHARS = 3_500

/** How the data in a prompt is fenced off; what follows the last fence is ours. */
const FENCE = '====='
const MARK = /^===== ([0-9a-f]{12}) /m

const NOTHING: CheckedAnswer = { markdown: '', proofs: [], dropped: 0 }

/** A draft's sentences come again in the next one, and in the answer. */
const isForModels = remembered(isInstructionLike, 1_000)

/** Sections found for one question are found for the next. */
const indexSection = remembered((text) => indexWords([text]), 400)

/** `foreign`: the sources in another language than the answer. */
export function createJudge(request: WriteRequest, foreign: ReadonlySet<Source>): Judge {
  const { bot, sources, language, question, lookedUp } = request
  const { settings } = bot
  const told = request.memory?.lines ?? []
  const ownWords = inLanguage(settings.safety_line, language, settings) ?? ''
  const unproven = ({ strict: 'drop', adaptive: 'mark', creative: 'keep' } as const)[settings.grounding]
  const check = createClaimCheck(sources, {
    question: [question, lookedUp, settings.name, ...told].join('\n'),
    language,
    isForeign: (source) => foreign.has(source),
  })
  const asked = indexWords([question])
  const toldWords = told.length > 0 ? indexWords(told) : undefined
  const isKnown = (term: Term) =>
    asked.find(term) > 0 || sources.some(({ shown }) => indexSection(shown).find(term) > 0)
  const open = [question, ownWords, ...told, ...sources.map(({ shown }) => shown)]
  let guard: EchoGuard | undefined
  let mark = ''

  const claimRules = {
    ...{ sources, check, unproven, ownWords, asked },
    isBarred: (text: string) =>
      guard?.isEcho(text) === true || (mark !== '' && text.includes(mark)) || isForModels(text),
    ...(toldWords && { told: toldWords }),
  }
  let verdicts: Verdicts = new Map()

  function judge(markdown: string): CheckedAnswer {
    const checked = checkClaims(markdown, claimRules, verdicts)
    // Rules spelled out or spread over sentences: of such an answer nothing is believed.
    if (guard?.hidesEcho(checked.markdown)) return { ...NOTHING, dropped: checked.dropped + 1 }
    const cited = checked.proofs.map(({ source }) => source.shown)
    const said = removeForeignLinks(checked.markdown, cited)
    const isMarked = unproven === 'mark' && said.includes(GENERAL_SIGN)
    const legend = isMarked ? `\n\n${GENERAL_SIGN} ${phrase(language, 'general_knowledge')}` : ''
    return { ...checked, markdown: `${said}${legend}` }
  }

  return {
    guard(prompt) {
      verdicts = new Map()
      const last = prompt.at(-1)?.content ?? ''
      mark = MARK.exec(last)?.[1] ?? ''
      const rules = [prompt[0]?.content ?? '', last.slice(last.lastIndexOf(FENCE))]
      guard = createEchoGuard(
        rules.map((text) => (mark === '' ? text : text.replaceAll(mark, ''))),
        open,
      )
    },
    whole({ text, isStopped, isCut }) {
      if (isRefusal(text)) return NOTHING
      const whole = clean(text)
      return judge(isStopped || isCut || whole.length > MAX_ANSWER_CHARS ? endAtSentence(whole) : whole)
    },
    draft(text) {
      const whole = clean(text).slice(0, MAX_ANSWER_CHARS)
      const last = sentencesOf(whole).at(-1)
      if (!last || isWhole(last.text)) return judge(whole).markdown
      const { markdown } = judge(whole.slice(0, last.start).trimEnd())
      // A sentence that is not finished proves nothing yet: it is shown where every word of it is known.
      const areKnown = termsOf(last.text).every(isKnown)
      if (!areKnown || isInstructionLike(last.text) || guard?.hidesEcho(`${markdown}\n${last.text}`))
        return markdown
      const growing = removeForeignLinks(whole.slice(last.start), [])
      return markdown === '' ? growing : `${markdown} ${growing}`
    },
  }
}

function clean(text: string): string {
  return stripInvisible(text).replaceAll(REFUSAL, '').trim()
}

/** True where a model wrote the word by which it says that the material does not answer. */
export function isRefusal(text: string): boolean {
  return new RegExp(`^\\W*${REFUSAL}\\b`).test(text)
}

/** Up to the last whole sentence that fits; the beginning as it is when there is none. */
function endAtSentence(text: string): string {
  const kept = text.slice(0, MAX_ANSWER_CHARS).toWellFormed()
  const last = sentencesOf(kept).at(-1)
  if (!last || isWhole(last.text) || last.start === 0) return kept
  return kept.slice(0, last.start).trimEnd()
}

function isWhole(sentence: string): boolean {
  return /[.!?。！？؟।…\])|*_"”»]$/.test(sentence)
}
