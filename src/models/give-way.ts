/** After a question the rest of its answer is made: what can wait leaves the processors to it for so long. */
const ANSWER_MS = 40

/** What can wait goes on after so long, whoever else is at work: it is slowed down, never stopped. */
const MAX_WAIT_MS = 250

const LOOK_MS = 5

/** Keeps work that can wait out of the way of answers. */
export interface GiveWay {
  /** Somebody asks: ends a wait at once, so that the question can go first, and makes the next one. */
  hear(): void
  /** Resolves when a piece of work that can wait may begin. */
  untilFree(): Promise<void>
}

/** @param isBusyElsewhere True while other heavy work takes the processors. */
export function createGiveWay(isBusyElsewhere: () => boolean = () => false): GiveWay {
  let askedAt = Number.NEGATIVE_INFINITY
  let wake = () => {}

  const isOthersTurn = () => performance.now() - askedAt < ANSWER_MS || isBusyElsewhere()

  return {
    hear() {
      askedAt = performance.now()
      wake()
    },
    async untilFree() {
      const since = performance.now()
      let isHeard = false
      while (!isHeard && isOthersTurn() && performance.now() - since < MAX_WAIT_MS) {
        await new Promise<void>((resolve) => {
          wake = () => {
            isHeard = true
            resolve()
          }
          setTimeout(resolve, LOOK_MS)
        })
      }
      wake = () => {}
    },
  }
}
