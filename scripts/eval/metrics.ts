/** Documents judged relevant to a query, with their grades above 0. */
export type Judgements = ReadonlyMap<string, number>

/** nDCG with linear gain, as trec_eval computes it. */
export function ndcg(ranked: readonly string[], relevant: Judgements, depth: number): number {
  const gain = (grades: number[]) =>
    grades.slice(0, depth).reduce((sum, grade, rank) => sum + grade / Math.log2(rank + 2), 0)
  const ideal = gain([...relevant.values()].sort((a, b) => b - a))
  return ideal === 0 ? 0 : gain(ranked.map((id) => relevant.get(id) ?? 0)) / ideal
}

export function recall(ranked: readonly string[], relevant: Judgements, depth: number): number {
  return ranked.slice(0, depth).filter((id) => relevant.has(id)).length / relevant.size
}

/** 1 / rank of the first relevant document, 0 beyond the depth. */
export function reciprocalRank(ranked: readonly string[], relevant: Judgements, depth: number): number {
  const rank = ranked.slice(0, depth).findIndex((id) => relevant.has(id))
  return rank < 0 ? 0 : 1 / (rank + 1)
}

export function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length
}

/** The value below which this share of the values lies. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
}

export function round(value: number, digits = 4): number {
  return Number(value.toFixed(digits))
}
