import { AppError } from '../../errors.ts'
import type { Block } from '../block.ts'
import type { Reading, Source } from '../format.ts'
import { parseMarkup } from '../markup/html-parse.ts'
import { decodeText } from '../read-encoding.ts'
import type { BlockSink } from '../sink.ts'
import { foldLine } from '../text-cleaning.ts'

/** A stretch of speech. */
export interface Speech {
  startMs: number
  endMs: number
  text: string
}

interface Cue {
  startMs: number
  endMs: number
  speaker: string | undefined
  text: string
}

/** `01:02:03,456 --> 01:02:04.000 position:10%`: SRT or VTT, hours optional, settings ignored. */
const TIMING =
  /^\s*(?:(\d{1,4}):)?(\d{1,2}):(\d{2})[.,](\d{1,3})\s*-->\s*(?:(\d{1,4}):)?(\d{1,2}):(\d{2})[.,](\d{1,3})/

/** A voice span: `<v Maya>` or `<v.loud Maya>`. */
const VOICE = /<v(?:\.[^\s>]*)?\s+([^>]*)>/g

const VOICE_TAG = /<v[.\s]/

/** Subtitles cut sentences into cues. They are joined up to this length, and no longer than a pause. */
const JOINED_CHARACTERS = 300
const MAX_JOINED_CHARACTERS = 600
const PAUSE_MS = 4_000

/**
 * Reads SRT and WebVTT. Cues of one speaker are joined to passages of a few
 * sentences that keep the time of their first and last word.
 */
export function readSubtitles({ bytes }: Source, sink: BlockSink): Reading {
  const text = decodeText(bytes)
  if (text === undefined) throw new AppError('document.damaged')
  for (const cue of joinSentences(listCues(text))) sink.add(toBlock(cue))
  return {}
}

/** What was said in a recording, joined to passages as the cues of subtitles are. */
export function joinCues(spoken: Iterable<Speech>): Block[] {
  const cues = Array.from(spoken, (speech) => ({
    ...speech,
    text: foldLine(speech.text),
    speaker: undefined,
  }))
  return Array.from(joinSentences(cues.filter(({ text }) => text !== '')), toBlock)
}

function* joinSentences(cues: Iterable<Cue>): Generator<Cue> {
  let open: Cue | undefined
  for (const cue of cues) {
    if (open && isContinued(open, cue)) {
      open = { ...open, endMs: Math.max(open.endMs, cue.endMs), text: `${open.text} ${cue.text}` }
    } else {
      if (open) yield open
      open = cue
    }
  }
  if (open) yield open
}

function toBlock({ text, startMs, endMs, speaker }: Cue): Block {
  return { kind: 'cue', text, timecode: { startMs, endMs }, ...(speaker && { speaker }) }
}

function isContinued(open: Cue, next: Cue): boolean {
  if (open.speaker !== next.speaker || next.startMs - open.endMs > PAUSE_MS) return false
  const length = open.text.length + next.text.length
  return (
    length < JOINED_CHARACTERS || (length < MAX_JOINED_CHARACTERS && !/[.!?…。!?]["'”»)]*$/.test(open.text))
  )
}

function* listCues(text: string): Generator<Cue> {
  const lines = text.split(/\r\n?|\n/)
  let previous: { lines: string[]; endMs: number } | undefined
  for (let at = 0; at < lines.length; at += 1) {
    const timing = TIMING.exec(lines[at] ?? '')
    if (!timing) continue
    const payload: string[] = []
    while (at + 1 < lines.length && !endsCue(lines, at + 1)) {
      at += 1
      payload.push(lines[at] ?? '')
    }
    const [startMs, endMs] = [readMs(timing, 1), readMs(timing, 5)]
    const spoken = payload.map(readPayload)
    const isRolling = previous !== undefined && previous.endMs >= startMs - ROLLING_GAP_MS
    const repeated = isRolling ? countRepeated(previous?.lines ?? [], spoken) : 0
    const isVoiced = VOICE_TAG.test(payload.join(''))
    const said = payload.slice(isVoiced && repeated < payload.length ? 0 : repeated)
    for (const { speaker, text } of splitVoices(said.join('\n'))) yield { startMs, endMs, speaker, text }
    if (spoken.some((line) => line !== '')) {
      previous = { lines: spoken.filter((line) => line !== ''), endMs: Math.max(endMs, startMs) }
    }
  }
}

/** Rolling captions leave no more time than this between two cues. */
const ROLLING_GAP_MS = 50

/**
 * Rolling captions, as made by machines, keep the line before on the screen while the next is spoken: of the given
 * lines, how many at the start stood at the end of the cue before. They are said once.
 */
function countRepeated(before: string[], lines: string[]): number {
  const filled = lines.flatMap((line, at) => (line === '' ? [] : [{ line, at }]))
  for (let count = Math.min(before.length, filled.length); count > 0; count -= 1) {
    const tail = before.slice(-count)
    if (tail.every((line, index) => line === filled[index]?.line)) return (filled[count - 1]?.at ?? 0) + 1
  }
  return 0
}

/**
 * A blank line ends a cue; so does the next cue's number or timing where the blank line was forgotten. A line of
 * spaces ends it only where no text follows: captions made by machines leave their first line so.
 */
function endsCue(lines: string[], at: number): boolean {
  const line = lines[at] ?? ''
  if (line === '' || line.includes('-->')) return true
  if (line.trim() === '') {
    const next = lines[at + 1] ?? ''
    return next.trim() === '' || next.includes('-->') || TIMING.test(lines[at + 2] ?? '')
  }
  return /^\s*\d+\s*$/.test(line) && TIMING.test(lines[at + 1] ?? '')
}

function splitVoices(payload: string): { speaker: string | undefined; text: string }[] {
  const voices = [...payload.matchAll(VOICE)]
  const first = payload.slice(0, voices[0]?.index ?? payload.length)
  return [
    { speaker: undefined, text: readPayload(first) },
    ...voices.map((voice, index) => ({
      speaker: foldLine(voice[1] ?? '') || undefined,
      text: readPayload(payload.slice(voice.index + voice[0].length, voices[index + 1]?.index)),
    })),
  ].filter(({ text }) => text !== '')
}

/** Without tags, karaoke timestamps and SubStation codes such as `{\an8}`. */
function readPayload(payload: string): string {
  const bare = payload.replace(/<\d[\d:.]*>/g, '').replace(/\{\\[^}]*\}/g, '')
  if (!/[<&]/.test(bare)) return foldLine(bare)
  const parts: string[] = []
  parseMarkup(bare, { ontext: (text) => parts.push(text) })
  return foldLine(parts.join(''))
}

function readMs(match: RegExpExecArray, from: number): number {
  const [hours, minutes, seconds] = [0, 1, 2].map((index) => Number(match[from + index] ?? 0))
  const fraction = Number((match[from + 3] ?? '0').padEnd(3, '0'))
  return (((hours ?? 0) * 60 + (minutes ?? 0)) * 60 + (seconds ?? 0)) * 1000 + fraction
}
