import { escapeHtml } from '../../src/channels/escape-html.ts'
import type { AnswerReport, Shortfall } from './answer-set.ts'
import { type Aim, listAims } from './report-aims.ts'
import { presentFigure } from './report-markdown.ts'
import type { ReportRun } from './report-run.ts'
import { answerFigures, foundFigures, type SetReport } from './report-set.ts'
import { REPORT_STYLE } from './report-style.ts'

/** Longest text of an answer shown. */
const SAID_CHARS = 700

/** A page of its own: no script, no other file, nothing fetched. */
export function presentPage(reports: readonly SetReport[], run: ReportRun): string {
  const aims = reports.map((report) => ({ report, aims: listAims(report) }))
  const all = aims.flatMap((one) => one.aims)
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Cornerman · evaluation of ${run.at.toISOString().slice(0, 10)}</title>
<style>${REPORT_STYLE}</style>
</head>
<body>
<main>
<h1>How well it finds and answers</h1>
<dl class="run">
${term('Measured', `<time datetime="${run.at.toISOString()}">${escapeHtml(presentTime(run.at))}</time>`)}
${run.commit ? term('Commit', `<code>${escapeHtml(run.commit)}</code>`) : ''}
${term('Answers by', escapeHtml(run.chat))}
${term('Vectors by', escapeHtml(run.embedding))}
${term('Ordered again by', escapeHtml(run.rerank))}
</dl>
<p class="sum ${all.every(({ isMet }) => isMet) ? 'met' : 'missed'}">${all.filter(({ isMet }) => isMet).length} of ${all.length} aims met.</p>
<nav aria-label="Sets"><ul>${aims.map(presentLink).join('')}</ul></nav>
${aims.map((one, at) => presentSet(one.report, one.aims, at)).join('\n')}
</main>
</body>
</html>
`
}

function presentLink({ report, aims }: { report: SetReport; aims: Aim[] }, at: number): string {
  const missed = aims.filter(({ isMet }) => !isMet).length
  const state = missed === 0 ? '' : ` <span class="missed">${missed} missed</span>`
  return `<li><a href="#set-${at}">${escapeHtml(report.name)}</a>${state}</li>`
}

function presentSet(report: SetReport, aims: Aim[], at: number): string {
  const size = [
    report.documents !== undefined && `${report.documents} documents`,
    report.passages !== undefined && `${report.passages} passages`,
    report.questions !== undefined && `${report.questions} questions`,
    report.ingestMs !== undefined && `taken in within ${(report.ingestMs / 1000).toFixed(1)} s`,
  ].filter(Boolean)
  return `<section id="set-${at}" aria-labelledby="name-${at}">
<h2 id="name-${at}">${escapeHtml(report.name)}</h2>
<p class="size">${escapeHtml(size.join(' · '))}</p>
${presentAims(aims)}
${presentModes(report)}
${report.answers ? presentAnswers(report, report.answers) : ''}
</section>`
}

function presentAims(aims: Aim[]): string {
  if (aims.length === 0) return ''
  const rows = aims.map(({ figure, value, aim, bound, isMet }) => {
    const wanted = `${bound === 'least' ? 'at least' : 'at most'} ${presentFigure(figure, aim)}`
    return `<tr class="${isMet ? 'met' : 'missed'}"><th scope="row">${escapeHtml(figure)}</th><td>${presentFigure(figure, value)}</td><td class="state">${isMet ? '✓ met' : '✗ not met'}</td><td>${wanted}</td></tr>`
  })
  return table('Aims', ['figure', 'reached', '', 'aim'], rows)
}

function presentModes(report: SetReport): string {
  const entries = foundFigures(report)
  if (entries.length === 0) return ''
  const columns = [...new Set(entries.flatMap(([, figures]) => Object.keys(figures)))]
  const rows = entries.map(([mode, figures]) => {
    const cells = columns.map((column) => `<td>${presentBar(column, figures[column])}</td>`)
    return `<tr><th scope="row">${escapeHtml(mode)}</th>${cells.join('')}</tr>`
  })
  return table('Passages found', ['searched by', ...columns], rows)
}

function presentAnswers(report: SetReport, answers: AnswerReport): string {
  const { answerable, unanswerable, p50ms, p95ms, models, degraded, worst } = answers
  const rows = answerFigures(report).map(
    ([figure, value]) =>
      `<tr><th scope="row">${escapeHtml(figure)}</th><td>${presentBar(figure, value)}</td></tr>`,
  )
  const steps = Object.entries(degraded).map(([step, times]) => `${step} ${times}`)
  const writers = Object.entries(models).map(([model, times]) => `${model} ${times}`)
  return `${table('Answers', ['figure', 'reached'], rows)}
<p class="size">${escapeHtml(
    [
      `${answerable} answerable, ${unanswerable} unanswerable`,
      `p50 ${p50ms} ms, p95 ${p95ms} ms`,
      `written by ${writers.join(', ')}`,
      ...(steps.length > 0 ? [`missing: ${steps.join(', ')}`] : []),
    ].join(' · '),
  )}</p>
${worst.length === 0 ? '' : `<details><summary>Worst questions (${worst.length} shown)</summary>${worst.map(presentShortfall).join('\n')}</details>`}`
}

function presentShortfall({ id, type, question, wanted, said, fault }: Shortfall): string {
  const shown = said.length > SAID_CHARS ? `${said.slice(0, SAID_CHARS).toWellFormed()} …` : said
  return `<article>
<h3 dir="auto">${escapeHtml(question)}</h3>
<p class="size">${escapeHtml(`${id} · ${type}`)} · <span class="missed">${escapeHtml(fault)}</span></p>
${wanted ? `<p>Wanted: <b dir="auto">${escapeHtml(wanted)}</b></p>` : ''}
<blockquote dir="auto">${escapeHtml(shown)}</blockquote>
</article>`
}

/** A number, and a bar where it is a share. */
function presentBar(figure: string, value: number | undefined): string {
  if (value === undefined) return ''
  const shown = presentFigure(figure, value)
  if (figure.endsWith('ms') || value < 0 || value > 1) return shown
  return `<span class="bar" style="--share:${value.toFixed(3)}">${shown}</span>`
}

function table(caption: string, heads: string[], rows: string[]): string {
  const head = heads.map((one) => (one ? `<th scope="col">${escapeHtml(one)}</th>` : '<td></td>')).join('')
  return `<div class="scroll" role="region" aria-label="${escapeHtml(caption)}" tabindex="0"><table><caption>${escapeHtml(caption)}</caption><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`
}

function term(name: string, value: string): string {
  return `<div><dt>${name}</dt><dd>${value}</dd></div>`
}

function presentTime(at: Date): string {
  return `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}
