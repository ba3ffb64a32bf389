import type { SignedInTester } from '../signed-in.ts'

export interface WallBody {
  type: string
  bytes: string
}

/** A request as an outsider may make it. */
export interface WallRequest {
  method: string
  path: string
  headers: Record<string, string>
  body?: WallBody | undefined
}

/** What came of it. */
export interface Seen {
  status: number
  text: string
  /** All that an asker can tell apart: status, headers and text, save ids, times and what is new in every page. */
  told: string
}

const TOLD_HEADERS = [
  'content-type',
  'location',
  'content-disposition',
  'www-authenticate',
  'allow',
  'set-cookie',
]

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g
/** Masked anew in each page. */
const FORM_TOKEN = /~[\w-]{60,}/g
const COOKIE_END = /Expires=[^;]+/g
/** How long an event stream is listened to. */
const STREAM_MS = 1_000

/** Asks, follows no redirect, and tells what an asker learns. */
export async function seeAnswer(url: string, { method, path, headers, body }: WallRequest): Promise<Seen> {
  const response = await fetch(url + path, {
    method,
    redirect: 'manual',
    headers: { ...headers, ...(body && { 'content-type': body.type }) },
    ...(body && { body: body.bytes }),
  })
  const text = await readText(response)
  const headerLines = TOLD_HEADERS.map((name) => `${name}: ${response.headers.get(name) ?? ''}`)
  const told = [response.status, ...headerLines, text]
    .join('\n')
    .replace(UUID, 'ID')
    .replace(TIME, 'TIME')
    .replace(FORM_TOKEN, 'TOKEN')
    .replace(COOKIE_END, '')
  return { status: response.status, text, told }
}

/** A stream never ends: what comes in a moment is what there is to see. */
async function readText(response: Response): Promise<string> {
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) return response.text()
  const reader = response.body?.getReader()
  const cut = setTimeout(() => void reader?.cancel(), STREAM_MS)
  let text = ''
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined }
    if (done) break
    text += Buffer.from(value ?? []).toString()
  }
  clearTimeout(cut)
  return text
}

/** The first line in which two answers differ, for a failing test. */
export function firstDifference(one: Seen, other: Seen): string {
  const [lines, others] = [one.told.split('\n'), other.told.split('\n')]
  const at = lines.findIndex((line, index) => line !== others[index])
  return `"${lines[at]?.slice(0, 200)}" instead of "${others[at]?.slice(0, 200)}"`
}

/** The headers a signed-in browser sends from our own page. */
export function asMember({ cookie, csrfToken }: SignedInTester): Record<string, string> {
  return { cookie, accept: 'text/html', 'x-csrf-token': csrfToken, 'sec-fetch-site': 'same-origin' }
}

export function asKey(key: string): Record<string, string> {
  return { authorization: `Bearer ${key}` }
}

/** Of what any form here takes, so that a change gets as far as it can. */
const FIELDS: Record<string, string> = {
  ...{ name: 'x', title: 'x', text: 'x', answer: 'x', question: 'x', markdown: 'x', tags: 'x', note: 'x' },
  ...{ role: 'viewer', email: 'x@example.com', days: '30', confirm: 'yes', minutes: '30', version: '1' },
}

export function formBody(): WallBody {
  return { type: 'application/x-www-form-urlencoded', bytes: String(new URLSearchParams(FIELDS)) }
}

export function multipartBody(): WallBody {
  const lines = ['name="_csrf"', 'name="file"; filename="a.md"']
  const parts = lines.map((line) => `--edge\r\nContent-Disposition: form-data; ${line}\r\n\r\nx\r\n`)
  return { type: 'multipart/form-data; boundary=edge', bytes: `${parts.join('')}--edge--\r\n` }
}
