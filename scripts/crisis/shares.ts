import type { Example } from './examples.ts'

/** Shares of ordinary messages that may be taken for a danger. */
const FALSE_ALARMS = [0.002, 0.005, 0.01, 0.02, 0.05]
const LANGUAGE_ALARMS = 0.02

type Rated = Example & { sureness: number }

/** Prints which share of dangers is heard at what share of false alarms, of all and of each language. */
export function printShares(rated: Rated[]): void {
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

function printAt(name: string, rated: Rated[], share: number): void {
  const [dangers, ordinary] = [rated.filter((each) => each.isCrisis), rated.filter((each) => !each.isCrisis)]
  const wrong = ordinary.map(({ sureness }) => sureness).sort((a, b) => b - a)
  const threshold = wrong[Math.floor(wrong.length * share)] ?? 0
  const heard = dangers.filter(({ sureness }) => sureness > threshold).length
  const percent = (part: number, whole: number) => `${((100 * part) / Math.max(1, whole)).toFixed(1)} %`
  console.log(
    `${name}: ${percent(heard, dangers.length)} of ${dangers.length} heard at ${percent(share, 1)} of ${ordinary.length} false, threshold ${threshold.toFixed(2)}`,
  )
}
