/** Numbers of pages that may hold any count of lines: no spreading, which overflows the stack. */

export function least(values: number[]): number {
  return values.reduce((best, value) => Math.min(best, value), Number.POSITIVE_INFINITY)
}

export function most(values: number[]): number {
  return values.reduce((best, value) => Math.max(best, value), Number.NEGATIVE_INFINITY)
}

/** The middle one, 0 of none. */
export function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}
