/** A case as a regression sees it: signs, how it turned out, and how much it counts. */
export interface Observation {
  signs: readonly number[]
  isTrue: boolean
  weight: number
}

/** Some options of which one or more are right. */
export interface Choice {
  options: readonly (readonly number[])[]
  isRight: readonly boolean[]
  weight: number
}

export interface Fitted {
  weights: number[]
  bias: number
}

/** Holds weights down that few cases speak for. */
const RIDGE = 1

/** Newton's steps; the sets here need about eight. */
const STEPS = 25

/** No step is longer: the first ones of a choice would be. */
const LONGEST_STEP = 2

/** A logistic regression, as the odds of being true. */
export function fitOdds(observations: readonly Observation[]): Fitted {
  const width = observations[0]?.signs.length ?? 0
  const weights = descend(width + 1, width, ({ gradient, curvature, at }) => {
    for (const { signs, isTrue, weight } of observations) {
      const row = [...signs, 1]
      const share = 1 / (1 + Math.exp(-dot(row, at)))
      addScaled(gradient, row, weight * (share - Number(isTrue)))
      addOuter(curvature, row, weight * share * (1 - share))
    }
  })
  return { weights: weights.slice(0, width), bias: weights[width] ?? 0 }
}

/** A conditional regression: the odds of each option of being the right one. */
export function fitChoices(choices: readonly Choice[]): number[] {
  const width = choices[0]?.options[0]?.length ?? 0
  return descend(width, width, ({ gradient, curvature, at }) => {
    for (const { options, isRight, weight } of choices) {
      const chances = shareOut(options.map((option) => dot(option, at)))
      const right = chances.map((chance, n) => (isRight[n] ? chance : 0))
      const all = right.reduce((sum, chance) => sum + chance, 0)
      const mean = new Array<number>(width).fill(0)
      for (const [n, option] of options.entries()) {
        const chance = chances[n] ?? 0
        addScaled(gradient, option, weight * (chance - (right[n] ?? 0) / all))
        addOuter(curvature, option, weight * chance)
        addScaled(mean, option, chance)
      }
      addOuter(curvature, mean, -weight)
    }
  })
}

interface Slope {
  at: readonly number[]
  gradient: number[]
  curvature: number[][]
}

/** @param ridged how many of the weights, from the first on, are held down. */
function descend(width: number, ridged: number, measure: (slope: Slope) => void): number[] {
  const at = new Array<number>(width).fill(0)
  for (let step = 0; step < STEPS; step += 1) {
    const gradient = at.map((weight, n) => (n < ridged ? RIDGE * weight : 0))
    const curvature = at.map((_, row) =>
      at.map((_, column) => (row === column ? (row < ridged ? RIDGE : 1e-6) : 0)),
    )
    measure({ at, gradient, curvature })
    const move = solve(curvature, gradient)
    const longest = Math.max(...move.map(Math.abs))
    addScaled(at, move, -Math.min(1, LONGEST_STEP / longest))
    if (longest < 1e-6) break
  }
  return at
}

/** Gauss's elimination; the matrix is positive by its ridge. */
function solve(matrix: number[][], right: number[]): number[] {
  const rows = matrix.map((row, n) => [...row, right[n] ?? 0])
  for (const [n, pivot] of rows.entries()) {
    const head = pivot[n] || 1
    for (const [other, row] of rows.entries()) if (other !== n) addScaled(row, pivot, -(row[n] ?? 0) / head)
  }
  return rows.map((row, n) => (row.at(-1) ?? 0) / (row[n] || 1))
}

function shareOut(values: number[]): number[] {
  const most = Math.max(...values)
  const odds = values.map((value) => Math.exp(value - most))
  const all = odds.reduce((sum, one) => sum + one, 0)
  return odds.map((one) => one / all)
}

export function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0)
}

function addScaled(to: number[], values: readonly number[], by: number): void {
  for (const [at, value] of values.entries()) to[at] = (to[at] ?? 0) + by * value
}

function addOuter(to: number[][], values: readonly number[], by: number): void {
  for (const [at, row] of to.entries()) addScaled(row, values, by * (values[at] ?? 0))
}
