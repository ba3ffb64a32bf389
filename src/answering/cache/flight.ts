import { AppError } from '../../errors.ts'

/** Who waits for an answer, and how long. */
export interface Passenger {
  /** Ends the wait: nothing of it counts. */
  signal: AbortSignal
  /** The reader has read enough. */
  stopSignal?: AbortSignal | undefined
  onDraft?: ((markdown: string) => void) | undefined
}

/** Work that several wait for; its signals are those of all who wait together. */
type Work<T> = (joint: Required<Passenger>) => Promise<{
  value: T
  /** Whoever looked for it before it was there, and comes late, may have it too. Else it is for those who wait. */
  lingers: boolean
}>

export type Landed<T> =
  /** `isFirst`: to whom the work is charged; exactly one. */
  | { kind: 'arrived'; value: T; isFirst: boolean }
  /** Stopped by its reader while others go on reading. */
  | { kind: 'left' }

export interface Flights<T> {
  /**
   * Begins work, or waits for the same that is under way.
   *
   * @throws {AppError} `model.aborted` when the passenger's signal ended the wait; the work's own failure.
   */
  board(key: string, passenger: Passenger, work: Work<T>): Promise<Landed<T>>
}

interface Flight<T> {
  work: Promise<T>
  passengers: Set<Passenger>
  abort: AbortController
  stop: AbortController
  draft: string | undefined
  isPaid: boolean
}

/** Those who asked at once come one after the other: some have searched their material for this long. */
const LINGER_MS = 5_000

/** One work for all who ask for the same at once. It ends early only when the last of them has left. */
export function createFlights<T>(): Flights<T> {
  const open = new Map<string, Flight<T>>()

  function begin(key: string, work: Work<T>): Flight<T> {
    const passengers = new Set<Passenger>()
    const [abort, stop] = [new AbortController(), new AbortController()]
    const isOpen = () => open.get(key) === flight
    const close = () => void (isOpen() && open.delete(key))
    abort.signal.addEventListener('abort', close)
    stop.signal.addEventListener('abort', close)
    const onDraft = (markdown: string) => {
      flight.draft = markdown
      for (const passenger of passengers) passenger.onDraft?.(markdown)
    }
    // Begun a moment later: whoever draws the first draft finds the flight made.
    const begun = Promise.resolve().then(() =>
      work({ signal: abort.signal, stopSignal: stop.signal, onDraft }),
    )
    begun.then(({ lingers }) => {
      if (lingers) setTimeout(close, LINGER_MS).unref()
      else close()
    }, close)
    const flight: Flight<T> = {
      work: begun.then(({ value }) => value),
      passengers,
      abort,
      stop,
      draft: undefined,
      isPaid: false,
    }
    open.set(key, flight)
    return flight
  }

  return {
    async board(key, passenger, work) {
      if (passenger.signal.aborted) throw new AppError('model.aborted')
      const flight = open.get(key) ?? begin(key, work)
      flight.passengers.add(passenger)
      if (flight.draft !== undefined) passenger.onDraft?.(flight.draft)
      return waitFor(flight, passenger)
    },
  }
}

async function waitFor<T>(flight: Flight<T>, passenger: Passenger): Promise<Landed<T>> {
  const { signal, stopSignal } = passenger
  const left = Promise.withResolvers<Landed<T>>()
  const leave = () => {
    flight.passengers.delete(passenger)
    if (flight.passengers.size === 0) flight.abort.abort()
    left.reject(new AppError('model.aborted'))
  }
  const stop = () => {
    // The last reader's stop ends the writing; what is written by then is the answer.
    if (flight.passengers.size <= 1) return flight.stop.abort()
    flight.passengers.delete(passenger)
    left.resolve({ kind: 'left' })
  }
  signal.addEventListener('abort', leave, { once: true })
  stopSignal?.addEventListener('abort', stop, { once: true })
  try {
    if (stopSignal?.aborted) stop()
    const arrived = flight.work.then((value): Landed<T> => {
      const isFirst = !flight.isPaid && flight.passengers.has(passenger)
      flight.isPaid ||= isFirst
      return { kind: 'arrived', value, isFirst }
    })
    arrived.catch(() => {})
    return await Promise.race([left.promise, arrived])
  } finally {
    left.promise.catch(() => {})
    signal.removeEventListener('abort', leave)
    stopSignal?.removeEventListener('abort', stop)
  }
}
