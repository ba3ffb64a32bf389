import { CRAWL_INTERVALS, type WebSource } from '../../../crawling/web-source.ts'
import { sayCount } from './words.ts'

const STATES: Record<WebSource['state'], { label: string; tone: string }> = {
  queued: { label: 'Waiting', tone: 'info' },
  crawling: { label: 'Being read', tone: 'info' },
  done: { label: 'Read', tone: 'ok' },
  failed: { label: 'In trouble', tone: 'bad' },
}

const INTERVALS: Record<(typeof CRAWL_INTERVALS)[number], string> = {
  24: 'Every day',
  168: 'Every week',
  720: 'Every month',
}

/** What a form offers, and how it is said. */
export const INTERVAL_CHOICES = [
  { value: 'never', label: 'Never' },
  ...CRAWL_INTERVALS.map((hours) => ({ value: String(hours), label: INTERVALS[hours] })),
]

/** Reads what {@link INTERVAL_CHOICES} sends: hours, null for never; anything else is left to the schema to refuse. */
export function readInterval(value: unknown): unknown {
  return value === 'never' || value === undefined || value === '' ? null : Number(value)
}

/** True while something of it changes by itself. */
export function isMoving({ state }: WebSource): boolean {
  return state === 'queued' || state === 'crawling'
}

/** A source as the pages show it. */
export function presentSource(source: WebSource, base: string) {
  const { done, total } = source.progress
  const isStopped = source.reason?.code === 'web_source.stopped'
  return {
    ...source,
    href: `${base}/web/${source.id}`,
    isMoving: isMoving(source),
    label: isStopped ? { label: 'Stopped', tone: 'warn' } : STATES[source.state],
    kindLabel: source.kind === 'page' ? 'One page' : 'Sitemap',
    every: INTERVAL_CHOICES.find(({ value }) => value === String(source.everyHours ?? 'never'))?.label ?? '',
    progressWords: total > 0 ? `page ${done} of ${total}` : '',
    outcomeWords: sayOutcome(source),
    documentWords: sayCount(source.documents, 'document'),
  }
}

/** "3 new, 1 changed": what is nothing is left out. */
function sayOutcome({ outcome: { added, changed, removed, failed } }: WebSource): string {
  return [
    added > 0 ? `${added} new` : '',
    changed > 0 ? `${changed} changed` : '',
    removed > 0 ? `${removed} gone` : '',
    failed > 0 ? `${failed} could not be read` : '',
  ]
    .filter(Boolean)
    .join(', ')
}
