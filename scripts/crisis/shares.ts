import type { Example } from './examples.ts'

/** Shares of ordinary messages that may be taken for a danger. */
const FALSE_ALARMS = [0.002, 0.005, 0.01, 0.02, 0.05]
const LANGUAGE_ALARMS = 0.02

/** An example as a model that has not seen it judges it. */
export interface Rated extends Example {
  sureness: number
  /** By model, phrases and thresholds together. */
  isHeard: boolean
}

/**
 * Prints which share of dangers the model hears at what share of false alarms, of all and of each language, and what
 * model and phrases hear together.
 */
export function printShares(rated: Rated[]): void {
  printHeard('with phrases, all', rated)
  printHeard(
    'with phrases, en',
    rated.filter(({ lang }) => lang === 'en'),
  )
  for (const share of FALSE_ALARMS) printAt('all', rated, share)
  const languages = [...new Set(rated.map(({ lang }) => lang))].sort()
  for (const lang of languages) {
    printAt(
      lang,
      rated.filter((each) => each.lang === lang),
      LANGUAGE_ALARMS,
    )
  }
}

function printHeard(name: string, rated: Rated[]): void {
  for (const isCrisis of [true, false]) {
    const those = rated.filter((each) => each.isCrisis === isCrisis)
    const heard = those.filter(({ isHeard }) => isHeard).length
    const of = isCrisis ? 'dangers' : 'ordinary messages'
    console.log(`${name}: ${percent(heard, those.length)} of ${those.length} ${of} raise the alarm`)
  }
}

function printAt(name: string, rated: Rated[], share: number): void {
  const [dangers, ordinary] = [rated.filter((each) => each.isCrisis), rated.filter((each) => !each.isCrisis)]
  const wrong = ordinary.map(({ sureness }) => sureness).sort((a, b) => b - a)
  const threshold = wrong[Math.floor(wrong.length * share)] ?? 0
  const heard = dangers.filter(({ sureness }) => sureness > threshold).length
  console.log(
    `${name}: ${percent(heard, dangers.length)} of ${dangers.length} heard at ${percent(share, 1)} of ${ordinary.length} false, threshold ${threshold.toFixed(2)}`,
  )
}

export function percent(part: number, whole: number): string {
  return `${((100 * part) / Math.max(1, whole)).toFixed(1)} %`
}
