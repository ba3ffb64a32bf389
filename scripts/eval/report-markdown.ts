import { answerFigures, type SetReport } from './report-set.ts'

/** Tables for a README: one for what is found, one for what is answered. */
export function presentMarkdown(reports: readonly SetReport[]): string {
  const found = reports.flatMap(({ name, modes }) =>
    Object.entries(modes).map(([mode, figures]) => ({
      name: `${name} · ${mode}`,
      figures: Object.entries(figures),
    })),
  )
  const answered = reports
    .filter(({ answers }) => answers)
    .map((report) => ({ name: report.name, figures: answerFigures(report) }))
  return [found, answered]
    .filter((rows) => rows.length > 0)
    .map(presentTable)
    .join('\n\n')
}

function presentTable(rows: { name: string; figures: [string, number][] }[]): string {
  const columns = [...new Set(rows.flatMap(({ figures }) => figures.map(([figure]) => figure)))]
  const lines = rows.map(({ name, figures }) => {
    const values = new Map(figures)
    return row([name, ...columns.map((column) => presentFigure(column, values.get(column)))])
  })
  return [row(['set', ...columns]), row(['', ...columns].map(() => '---')), ...lines].join('\n')
}

function row(cells: string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

/** Milliseconds with one digit, shares as `.941`. */
export function presentFigure(figure: string, value: number | undefined): string {
  if (value === undefined) return ''
  if (figure.endsWith('ms')) return value.toFixed(1)
  return value.toFixed(3).replace(/^0\./, '.')
}
