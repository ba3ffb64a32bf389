import { termsOf } from '../knowledge/words/terms.ts'
import { indexWords } from '../knowledge/words/word-index.ts'
import type { Fact } from './facts.ts'
import { speaksOfSelf } from './rules.ts'
import type { MemoryKind } from './statement.ts'

/** What of a memory goes with one question. */
export interface Recall {
  /** A line each, in a model's words for the kind and the time and in the person's own for the rest. */
  lines: string[]
  ids: string[]
  /**
   * The question has to do with it, or may: then its answer is the person's alone. Otherwise it may go with an answer
   * that is theirs alone anyway.
   */
  isRelevant: boolean
}

/** Lines of a kind that go with one question, whatever it is about. Episodes go only where they are about it. */
const STANDING: Partial<Record<MemoryKind, number>> = {
  name: 1,
  constraint: 6,
  goal: 3,
  preference: 3,
  other: 2,
}

/** Lines that are about the question itself. */
const MAX_RELEVANT = 6

/** From this likeness on two words are the same one. */
const SAME_WORD = 0.85

const MS_PER_DAY = 86_400_000

/**
 * Chooses what of a memory goes with a question.
 *
 * Relevant is what shares a word of meaning with the question; and whatever holds the person back (an injury, a diet,
 * little time) as soon as they ask in the first person, since "what can I eat" never names the allergy.
 */
export function recall(facts: readonly Fact[], { question, now }: { question: string; now: Date }): Recall {
  const terms = termsOf(question)
  const isOwn = speaksOfSelf(question)
  const isAbout = (fact: Fact) => {
    const index = indexWords([fact.text])
    return fact.kind !== 'name' && terms.some((term) => index.find(term) >= SAME_WORD)
  }
  const relevant = facts
    .filter((fact) => isAbout(fact) || (isOwn && fact.kind === 'constraint'))
    .slice(0, MAX_RELEVANT)
  const standing = Object.entries(STANDING).flatMap(([kind, most]) =>
    facts.filter((fact) => fact.kind === kind && !relevant.includes(fact)).slice(0, most),
  )
  const chosen = [
    ...standing.filter(({ kind }) => kind === 'name'),
    ...relevant,
    ...standing.filter(({ kind }) => kind !== 'name'),
  ]
  return {
    lines: chosen.map((fact) => presentFact(fact, now)),
    ids: chosen.map(({ id }) => id),
    isRelevant: relevant.length > 0 || namesPerson(facts, question),
  }
}

/** The person uses their own name: what is answered is about them. */
function namesPerson(facts: readonly Fact[], question: string): boolean {
  const name = facts.find(({ kind }) => kind === 'name')?.text
  if (name === undefined) return false
  const index = indexWords([question])
  return termsOf(name).some((term) => index.find(term) === 1)
}

/** `- promise, 3 weeks ago: "I will walk every morning"` */
function presentFact(fact: Fact, now: Date): string {
  const when = fact.kind === 'name' ? '' : `, ${presentAge(fact.saidAt, now)}`
  return `- ${fact.kind}${when}: "${fact.text}"`
}

const AGE = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })

/** "today", "3 weeks ago": a model counts days badly. */
export function presentAge(at: Date, now: Date): string {
  const days = Math.max(0, Math.floor((now.getTime() - at.getTime()) / MS_PER_DAY))
  if (days < 14) return AGE.format(-days, 'day')
  if (days < 60) return AGE.format(-Math.floor(days / 7), 'week')
  if (days < 730) return AGE.format(-Math.floor(days / 30.4), 'month')
  return AGE.format(-Math.floor(days / 365), 'year')
}
