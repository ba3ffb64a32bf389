/** One series of a chart, a value for each of its days. */
export interface Series {
  /** Of the style sheet: what tells it from the others is its tone. */
  tone: 'one' | 'two'
  values: readonly number[]
}

const WIDTH = 640
const HEIGHT = 150
/** Share of a day's width that its bar takes. */
const BAR = 0.72

/**
 * Bars a day, the series on top of each other, as an SVG without text: labels and table stand beside it in HTML,
 * where they keep their size on a phone. `label` is what a screen reader says instead.
 */
export function drawBars(label: string, series: readonly Series[]): string {
  const days = series[0]?.values.length ?? 0
  const sums = Array.from({ length: days }, (_, day) => sum(series.map(({ values }) => values[day] ?? 0)))
  const scale = HEIGHT / Math.max(1e-9, ...sums)
  const floors = Array<number>(days).fill(0)
  const paths = series.map(({ tone, values }) => {
    const bars = values.map((value, day) => {
      const floor = floors[day] ?? 0
      floors[day] = floor + value
      return value === 0 ? '' : drawBar(day, days, { from: floor * scale, to: (floor + value) * scale })
    })
    return `<path class="${tone}" d="${bars.join('')}"/>`
  })
  return drawFrame(label, paths.join(''))
}

/** A line over the days, broken where a day has no value; the first series filled below. */
export function drawLines(
  label: string,
  lines: readonly { tone: 'line' | 'line dashed'; values: readonly (number | undefined)[] }[],
): string {
  const scale = HEIGHT / Math.max(1e-9, ...lines.flatMap(({ values }) => values.map((value) => value ?? 0)))
  const paths = lines.map(({ tone, values }) => {
    const dashes = tone === 'line' ? '' : ' stroke-dasharray="5 4"'
    return `<path class="line" fill="none"${dashes} d="${drawLine(values, scale)}"/>`
  })
  return drawFrame(label, paths.join(''))
}

function drawFrame(label: string, inside: string): string {
  const rules = [0, 0.5, 1]
    .map((share) => `<path class="rule" d="M0 ${round(HEIGHT * share)}H${WIDTH}"/>`)
    .join('')
  return `<svg class="chart" viewBox="0 -2 ${WIDTH} ${HEIGHT + 4}" role="img" aria-label="${escapeLabel(label)}">${rules}${inside}</svg>`
}

function drawBar(day: number, days: number, { from, to }: { from: number; to: number }): string {
  const step = WIDTH / days
  const left = round(step * (day + (1 - BAR) / 2))
  return `M${left} ${round(HEIGHT - from)}V${round(HEIGHT - to)}h${round(step * BAR)}V${round(HEIGHT - from)}z`
}

/** A lone day between two without a value is drawn as a dot's width, so that it is seen. */
function drawLine(values: readonly (number | undefined)[], scale: number): string {
  const step = WIDTH / Math.max(1, values.length)
  let path = ''
  let isOpen = false
  for (const [day, value] of values.entries()) {
    if (value === undefined) {
      isOpen = false
      continue
    }
    const at = `${round(step * (day + 0.5))} ${round(HEIGHT - value * scale)}`
    path += isOpen ? `L${at}` : `M${at}h2`
    isOpen = true
  }
  return path
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

function escapeLabel(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`)
}
