/** A signal with an end: its time, or that of a signal it was made from. */
export interface Deadline extends Disposable {
  signal: AbortSignal
}

/**
 * Aborts after so many milliseconds with a `TimeoutError`, as `AbortSignal.timeout` does, or with any of the given
 * signals. Disposed, it lets go of its timer: the other one fires long after a call is over, and each time an
 * exception with its stack is made for no one.
 */
export function openDeadline(ms: number, ...others: (AbortSignal | undefined)[]): Deadline {
  const ended = new AbortController()
  const timer = setTimeout(() => ended.abort(new DOMException('out of time', 'TimeoutError')), ms).unref()
  const given = others.filter((signal) => signal !== undefined)
  return {
    signal: given.length === 0 ? ended.signal : AbortSignal.any([ended.signal, ...given]),
    [Symbol.dispose]: () => clearTimeout(timer),
  }
}

/** The outcome of some work that cannot be ended, or an error once it takes longer. */
export async function within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
