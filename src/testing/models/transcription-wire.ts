import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { z } from 'zod'
import { hearSample } from '../samples/recordings.ts'
import { type Check, HAS_SPECS, readSpec } from '../vendor-spec.ts'

/** How the stand-in meets a recording. */
export type ListenBehaviour =
  /** Writes down what the sample says. */
  { kind: 'hear' } | { kind: 'status'; status: number } | { kind: 'hang' } | { kind: 'garbage' }

/** A recording as it arrived. */
export interface RecordingTaken {
  model: string
  format: string
  fileName: string
  sizeBytes: number
  authorization: string | undefined
}

/** Kinds the vendor takes, by the file's name. */
const TAKEN = /\.(flac|mp3|mp4|mpeg|mpga|m4a|ogg|wav|webm)$/

/** Models that know the short form of the answer alone. */
const TIMELESS = /^gpt-/

export interface TranscriptionAnswer {
  status: number
  body: unknown
}

/** Reads a recording off the wire, holds the request against the vendor's schema, and writes down what is said in it. */
export async function takeRecording(
  request: IncomingMessage,
  taken: RecordingTaken[],
): Promise<TranscriptionAnswer> {
  const contentType = request.headers['content-type'] ?? ''
  const body = await new Response(Readable.toWeb(request), {
    headers: { 'content-type': contentType },
  }).formData()
  const file = body.get('file')
  const granularities = body.getAll('timestamp_granularities[]').map(String)
  const [model, format] = [String(body.get('model')), String(body.get('response_format') ?? 'json')]
  const fault = checkRequest({
    file: file === null ? undefined : 'file',
    model,
    response_format: format,
    ...(granularities.length > 0 && { timestamp_granularities: granularities }),
  })
  if (fault || !(file instanceof File)) return refuse(400, fault ?? 'file is wanted')
  taken.push({
    model,
    format,
    fileName: file.name,
    sizeBytes: file.size,
    authorization: request.headers.authorization,
  })
  if (!TAKEN.test(file.name)) return refuse(400, 'unsupported format')
  if (TIMELESS.test(model) && format !== 'json')
    return refuse(400, 'response_format is not compatible with model')
  const heard = hearSample(Buffer.from(await file.arrayBuffer()))
  if (!heard) return refuse(400, 'could not decode the audio')
  return { status: 200, body: format === 'json' ? { text: heard.words } : present(heard) }
}

function present({ words, seconds }: { words: string; seconds: number }) {
  const sentences = words.match(/[^.!?]+[.!?]*\s*/g) ?? []
  const each = seconds / Math.max(1, sentences.length)
  const segments = sentences.map((text, id) => ({
    ...{ id, seek: 0, start: id * each, end: (id + 1) * each, text: ` ${text.trim()}`, tokens: [1] },
    ...{ temperature: 0, avg_logprob: -0.2, compression_ratio: 1, no_speech_prob: 0.01 },
  }))
  return { task: 'transcribe', language: 'english', duration: seconds, text: words, segments }
}

function refuse(status: number, message: string): TranscriptionAnswer {
  return {
    status,
    body: { error: { message, type: 'invalid_request_error', code: 'invalid_value', param: null } },
  }
}

let checkRequest: Check = (value) => {
  checkRequest = HAS_SPECS ? compileCheck() : () => undefined
  return checkRequest(value)
}

function compileCheck(): Check {
  const ajv = new Ajv2020({ strict: false })
  ajv.addFormat('binary', true)
  ajv.addSchema(z.looseObject({}).parse(readSpec('openai/openai-2.3.0.subset.openapi.json')), 'openai')
  const validate = ajv.getSchema('openai#/components/schemas/CreateTranscriptionRequest')
  if (!validate) throw new Error('the specification knows no transcription')
  return (value) => (validate(value) ? undefined : JSON.stringify(validate.errors?.[0]))
}
