import { readSigns, SIGNS } from '../../src/answering/evidence/answerable.ts'
import { readEvidence } from '../../src/answering/evidence/evidence.ts'
import { namesParticipant } from '../../src/answering/evidence/named-participant.ts'
import { findSmallTalk } from '../../src/answering/question/small-talk.ts'
import { PASSAGE_SIGNS, ratePassages, readPassageSigns } from '../../src/answering/quoting/rate-passages.ts'
import type { Case } from './cases.ts'
import type { Choice, Observation } from './regression.ts'

export interface ObservedCase extends Case, Observation {
  /** Of its passages; absent where none of them answers. */
  choice?: Choice
  /** Never weighed: refused beforehand, or nothing was found. */
  isRefused: boolean
}

/** A language of XQuAD counts twice a pack: its questions are many and say the same in every fit. */
const CORPUS_WEIGHT = 2
/** A client refused for nothing is worse than one shown a passage beside the point. */
const PACK_ANSWERABLE_WEIGHT = 1.2
/** A question whose document was taken away is nearer to the rest of the material than what people ask in vain. */
const WITHOUT_WEIGHT = 0.35
/** Of all answerable questions of a set, and of all others: large beside the ridge. */
const SET_WEIGHT = 40

/** The signs of each case, every set weighing the same whatever its size. */
export function observe(cases: readonly Case[]): ObservedCase[] {
  const kindOf = ({ set, isAnswerable }: Case) => `${set} ${isAnswerable}`
  const sums = new Map<string, number>()
  for (const one of cases) sums.set(kindOf(one), (sums.get(kindOf(one)) ?? 0) + ownWeight(one))
  const choosing = Map.groupBy(cases.filter(hasChoice), ({ set }) => set)
  return cases.map((one) => {
    const isCorpus = one.set.startsWith('xquad')
    const preference = isCorpus ? CORPUS_WEIGHT : one.isAnswerable ? PACK_ANSWERABLE_WEIGHT : 1
    const weight = (SET_WEIGHT * preference * ownWeight(one)) / (sums.get(kindOf(one)) ?? 1)
    const evidence = readEvidence(one.question, one.passages)
    const isRefused =
      findSmallTalk(one.question) !== undefined ||
      evidence.terms.length === 0 ||
      one.passages.length === 0 ||
      namesParticipant(one.question, one.passages)
    const rated = ratePassages(evidence)
    const signs = readSigns(evidence, rated)
    const observed = {
      ...{ ...one, isRefused, weight, isTrue: one.isAnswerable },
      signs: SIGNS.map((sign) => signs[sign]),
    }
    if (isRefused || !hasChoice(one)) return observed
    const options = readPassageSigns(evidence).map((passage) => PASSAGE_SIGNS.map((sign) => passage[sign]))
    const share = SET_WEIGHT / (choosing.get(one.set)?.length ?? 1)
    return { ...observed, choice: { options, isRight: one.isRight, weight: isCorpus ? share / 2 : share } }
  })
}

function hasChoice({ isRight }: Case): boolean {
  return isRight.includes(true)
}

function ownWeight({ type }: Case): number {
  return type.startsWith('without') ? WITHOUT_WEIGHT : 1
}
