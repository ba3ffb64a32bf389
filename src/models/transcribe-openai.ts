import { openAsBlob } from 'node:fs'
import { z } from 'zod'
import { AppError } from '../errors.ts'
import { parseJson } from '../parse-json.ts'
import { toModelError } from './model-failure.ts'
import type { Recording, TranscribeModel, Transcript } from './transcriber.ts'

export interface TranscribeServer {
  baseUrl: string
  apiKey: string | undefined
  fetch?: typeof globalThis.fetch | undefined
}

export interface TranscribeSettings {
  openai: TranscribeServer
  groq: TranscribeServer
}

/** Longest answer read, in characters: some hours of speech with its times. */
const MAX_ANSWER_CHARACTERS = 16_000_000

/** These of OpenAI's models tell no times: they know the short form of the answer alone. */
const TIMELESS = /^gpt-.*transcribe/

/** By name a server tells what it gets; some look at nothing else. */
const EXTENSIONS: Record<string, string> = {
  'audio/ogg': 'ogg',
  'audio/mpeg': 'mp3',
  'audio/mp4': 'm4a',
  'audio/wav': 'wav',
  'audio/webm': 'webm',
  'audio/flac': 'flac',
  'video/mp4': 'mp4',
  'video/webm': 'webm',
}

/**
 * The models named as in MODEL_TRANSCRIBE. `openai:` is OpenAI or whatever speaks its wire, such as a whisper
 * server of one's own; `groq:` is Groq. Constructing them calls no one.
 *
 * @throws {AppError} `model.unknown` for a name of another form or provider.
 */
export function createTranscribeModels(
  names: readonly string[],
  settings: TranscribeSettings,
): TranscribeModel[] {
  return names.map((name) => {
    const [provider, ...rest] = name.split(':')
    const model = rest.join(':')
    const server = provider === 'openai' || provider === 'groq' ? settings[provider] : undefined
    if (!server || !model) throw new AppError('model.unknown', { model: name })
    return { name, transcribe: (recording, { signal }) => ask({ name, model, server, recording, signal }) }
  })
}

const Answer = z.object({
  text: z.string(),
  duration: z.coerce.number().min(0).optional().catch(undefined),
  segments: z
    .array(z.object({ start: z.number().min(0), end: z.number().min(0), text: z.string() }))
    .nullish()
    .catch(undefined),
  usage: z
    .object({ seconds: z.number().min(0) })
    .optional()
    .catch(undefined),
})

interface Call {
  name: string
  model: string
  server: TranscribeServer
  recording: Recording
  signal: AbortSignal
}

async function ask({ name, model, server, recording, signal }: Call): Promise<Transcript> {
  try {
    signal.throwIfAborted()
    const { fetch = globalThis.fetch, apiKey, baseUrl } = server
    const response = await fetch(`${baseUrl.replace(/\/$/, '')}/audio/transcriptions`, {
      method: 'POST',
      headers: apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` },
      body: await buildForm(model, recording),
      signal,
      redirect: 'error',
    })
    const text = await readBounded(response, name)
    if (!response.ok) throw new Refusal(response, text)
    return readTranscript(name, text)
  } catch (error) {
    throw toModelError(error, name, signal)
  }
}

/** The file is read from the disk while it is sent. */
async function buildForm(model: string, { path, mediaType }: Recording): Promise<FormData> {
  const form = new FormData()
  const isTimed = !TIMELESS.test(model)
  form.set('model', model)
  form.set('response_format', isTimed ? 'verbose_json' : 'json')
  if (isTimed) form.set('timestamp_granularities[]', 'segment')
  const blob = await openAsBlob(path, { type: mediaType })
  form.set('file', blob, `recording.${EXTENSIONS[mediaType] ?? 'bin'}`)
  return form
}

async function readBounded(response: Response, name: string): Promise<string> {
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    if (text.length > MAX_ANSWER_CHARACTERS) throw new AppError('model.garbled', { model: name })
  }
  return text + decoder.decode()
}

function readTranscript(name: string, text: string): Transcript {
  const answer = Answer.safeParse(parseJson(text))
  if (!answer.success) throw new AppError('model.garbled', { model: name })
  const { duration, usage } = answer.data
  const segments = (answer.data.segments ?? [])
    .map(({ start, end, text: words }) => ({
      startMs: Math.round(start * 1000),
      endMs: Math.round(Math.max(start, end) * 1000),
      text: words.trim(),
    }))
    .filter((segment) => segment.text !== '')
  return { text: answer.data.text.trim(), segments, seconds: duration ?? usage?.seconds }
}

const RefusalBody = z.object({
  error: z.object({ code: z.string().nullish(), type: z.string().nullish() }),
})

/** An answer that is none. Carries the vendor's codes and not its words, which may quote the recording. */
class Refusal extends Error {
  readonly status: number
  readonly headers: Headers
  readonly code: string | undefined
  readonly type: string | undefined

  constructor({ status, headers }: Response, text: string) {
    super('refused')
    this.status = status
    this.headers = headers
    const body = RefusalBody.safeParse(parseJson(text))
    this.code = body.data?.error.code ?? undefined
    this.type = body.data?.error.type ?? undefined
  }
}
