/** The value below which this share (0 to 1) of the sample lies; 0 for an empty one. */
export function percentile(sample: number[], share: number): number {
  const sorted = sample.toSorted((a, b) => a - b)
  return round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0)
}

export function median(sample: number[]): number {
  return percentile(sample, 0.5)
}

/** To three significant digits: more would be noise. */
export function round(value: number): number {
  return Number(value.toPrecision(3))
}
