import { nameLanguage } from '../../../bots/language.ts'
import type { VersionState } from '../../../db/schema.ts'
import type { DocumentSummary } from '../../../knowledge/documents/list.ts'
import { formatNumber } from '../page.ts'
import type { Visit } from '../visit.ts'

/** How a state is said, and in which colour. */
const STATES: Record<VersionState, { label: string; tone: string }> = {
  queued: { label: 'Waiting', tone: 'info' },
  extracting: { label: 'Being read', tone: 'info' },
  embedding: { label: 'Almost ready', tone: 'info' },
  ready: { label: 'Ready', tone: 'ok' },
  failed: { label: 'Could not be read', tone: 'bad' },
  replaced: { label: 'Replaced', tone: '' },
}

const KINDS: Record<string, string> = {
  'application/pdf': 'PDF',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'Word',
  'application/vnd.openxmlformats-officedocument.presentationml.presentation': 'Slides',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'Spreadsheet',
  'application/vnd.oasis.opendocument.text': 'OpenDocument',
  'application/epub+zip': 'E-book',
  'application/rtf': 'Rich text',
  'text/csv': 'Table',
  'audio/ogg': 'Recording',
  'audio/mpeg': 'Recording',
  'audio/mp4': 'Recording',
  'audio/wav': 'Recording',
  'audio/flac': 'Recording',
  'video/mp4': 'Film',
  'video/webm': 'Film',
  'text/vtt': 'Subtitles',
  'application/x-subrip': 'Subtitles',
  'text/html': 'Web page',
  'text/markdown': 'Markdown',
  'text/plain': 'Text',
}

const PLURALS = new Intl.PluralRules('en')

/** What a page says of a version's state. */
export function sayState(state: VersionState): { label: string; tone: string } {
  return STATES[state]
}

/** "1.4 MB". */
export function saySize(bytes: number): string {
  const [unit, size] =
    bytes < 1_000 ? ['B', bytes] : bytes < 1_000_000 ? ['KB', bytes / 1_000] : ['MB', bytes / 1_000_000]
  return `${size < 10 && unit !== 'B' ? size.toFixed(1) : Math.round(Number(size))} ${unit}`
}

/** "1 page", "12 pages". */
export function sayCount(count: number, one: string): string {
  return `${formatNumber(count)} ${PLURALS.select(count) === 'one' ? one : `${one}s`}`
}

export function sayLanguage(code: string | undefined): string {
  return !code || code === 'und' ? '' : nameLanguage(code)
}

export function sayKind(mediaType: string | undefined): string {
  return mediaType === undefined ? '' : (KINDS[mediaType] ?? mediaType)
}

/** How far it is, in words and as a share; undefined where nothing is to wait for. */
function sayProgress({ state, progress }: DocumentSummary) {
  if (state !== 'queued' && state !== 'extracting' && state !== 'embedding') return undefined
  const { done, total } = progress
  if (state === 'queued' || total === 0) return { words: '', value: undefined, max: undefined }
  const words =
    state === 'extracting'
      ? `page ${done} of ${total}`
      : `${Math.round((Math.min(done, total) / total) * 100)} % prepared; the bot answers from it already`
  return { words, value: Math.min(done, total), max: total }
}

/** A Document as the list and the live stream show it; both render the same row, so that neither flickers. */
export function presentRow(document: DocumentSummary, botId: string, visit: Visit) {
  const { label, tone } = sayState(document.state)
  const facts = [
    saySize(document.sizeBytes),
    document.pages ? sayCount(document.pages, 'page') : '',
    document.passages ? sayCount(document.passages, 'passage') : '',
    sayLanguage(document.language),
  ]
  return {
    document,
    base: `/admin/bots/${botId}/knowledge`,
    href: `/admin/bots/${botId}/knowledge/documents/${document.id}`,
    state: { label, tone },
    progress: sayProgress(document),
    summary: facts.filter(Boolean).join(' · '),
    canEdit: visit.actor.role !== 'viewer',
    csrfToken: visit.csrfToken,
  }
}

/** True while something of it changes by itself. */
export function isOpen({ state }: DocumentSummary): boolean {
  return state === 'queued' || state === 'extracting' || state === 'embedding'
}
