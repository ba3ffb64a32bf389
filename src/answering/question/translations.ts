import { createFlights } from '../cache/flight.ts'
import { NO_USAGE } from '../written-answer.ts'
import type { Rewritten } from './follow-up.ts'

/** Questions in the language of the material, remembered while the program runs. */
export interface Translations {
  /** The question as it was said before, or is being said for others, or is said now by `write`; one call for all. */
  say(
    key: string,
    signal: AbortSignal,
    write: (signal: AbortSignal) => Promise<Rewritten>,
  ): Promise<Rewritten>
}

/** Questions held: a few hundred kilobytes. */
const REMEMBERED = 2_000

/** What is asked for must say nothing of who asks: it is given to whoever asks the same. */
export function createTranslations(): Translations {
  const known = new Map<string, string>()
  const flights = createFlights<Rewritten>()

  function keep(key: string, question: string): void {
    if (known.size >= REMEMBERED) known.delete(known.keys().next().value ?? '')
    known.set(key, question)
  }

  return {
    async say(key, signal, write) {
      const question = known.get(key)
      if (question !== undefined) return { question, usage: NO_USAGE }
      const landed = await flights.board(key, { signal }, async (joint) => {
        const rewritten = await write(joint.signal)
        // A model that failed has cost nothing, and is asked again by the next.
        const isSaid = rewritten.usage !== NO_USAGE
        if (isSaid) keep(key, rewritten.question)
        return { value: rewritten, lingers: false }
      })
      if (landed.kind === 'left') throw new Error('Nobody stops a translation.')
      return landed.isFirst ? landed.value : { ...landed.value, usage: NO_USAGE }
    },
  }
}
