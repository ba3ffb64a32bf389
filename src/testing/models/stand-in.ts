import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { lookAtSample } from '../samples/recordings.ts'
import { obeyEverything } from './obedient-model.ts'
import { answerFromPrompt, obey, readPrompt } from './stand-in-answer.ts'
import { type ListenBehaviour, type RecordingTaken, takeRecording } from './transcription-wire.ts'
import {
  ChatCall,
  EmbedCall,
  embedOllama,
  embedOpenAi,
  OLLAMA,
  OPENAI,
  presentOllamaModels,
  presentOpenAiModels,
  type Wire,
} from './wires.ts'

/** How the stand-in behaves towards a chat call. */
export type StandInBehaviour =
  /** Answers from the prompt's passages; with `isObedient` it also does what they ask for. */
  | { kind: 'answer'; isObedient?: boolean }
  /** Does whatever anything in its prompt asks for, the next time in another guise. */
  | { kind: 'obey' }
  | { kind: 'say'; text: string }
  | { kind: 'status'; status: number; code?: string; retryAfterSeconds?: number }
  /** Takes the request and never answers. */
  | { kind: 'hang' }
  /** Ends the connection before the answer, or after `afterWords` words of it. */
  | { kind: 'cut'; afterWords: number }
  /** A stream of something that is no JSON. */
  | { kind: 'garbage' }
  /** Ollama's way of failing after its 200: a line `{"error": ...}`. OpenAI's is an error event. */
  | { kind: 'stream-error' }
  /** Words without end. */
  | { kind: 'endless' }
  /** A whole stream without a word in it. */
  | { kind: 'empty' }

export interface StandInOptions {
  behaviour?: StandInBehaviour
  /** Milliseconds before the first word. */
  delayMs?: number | ((call: ChatCall) => number)
  /** Wait between two words; 0 sends the answer in one piece. */
  wordDelayMs?: number
  /** Models of /v1/models and /api/tags. */
  models?: string[]
  /** Length of the vectors of /embeddings and /api/embed. */
  dimension?: number
}

/** A chat call as it arrived. */
export interface StandInCall {
  path: string
  body: ChatCall
  /** As it came. */
  raw: unknown
  authorization: string | undefined
}

export interface ModelStandIn extends AsyncDisposable {
  /** Root of the server; Ollama's base URL. */
  url: string
  /** Base URL of the OpenAI-compatible side. */
  openAiUrl: string
  /** Chat calls in the order they came. */
  calls: StandInCall[]
  /** How many callers hung up before their answer was whole. */
  abandonedCount(): number
  /** Recordings in the order they came. */
  recordings: RecordingTaken[]
  /** Changes how the next recordings are met. */
  listen(behaviour: ListenBehaviour): void
  /** Changes how the next calls are answered. */
  behave(behaviour: StandInBehaviour): void
}

/**
 * A model server on a free loopback port that speaks OpenAI's and Ollama's wire and misbehaves on
 * demand. It knows nothing but the prompt.
 */
export async function startModelStandIn(options: StandInOptions = {}): Promise<ModelStandIn> {
  const { delayMs = 0, wordDelayMs = 0, models = ['stand-in'], dimension = 64 } = options
  const calls: StandInCall[] = []
  const closed = new AbortController()
  let behaviour: StandInBehaviour = options.behaviour ?? { kind: 'answer' }
  let abandoned = 0
  const recordings: RecordingTaken[] = []
  let listening: ListenBehaviour = { kind: 'hear' }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? ''
    if (path === '/v1/models') return sendJson(response, presentOpenAiModels(models))
    if (path === '/api/tags') return sendJson(response, presentOllamaModels(models))
    if (path === '/v1/audio/transcriptions') return listen(request, response)
    const body: unknown = JSON.parse(await readBody(request))
    if (path === '/v1/embeddings') return sendJson(response, embedOpenAi(EmbedCall.parse(body), dimension))
    if (path === '/api/embed') return sendJson(response, embedOllama(EmbedCall.parse(body), dimension))
    const wire = path === '/v1/chat/completions' ? OPENAI : path === '/api/chat' ? OLLAMA : undefined
    if (!wire) return sendJson(response, { error: 'not found' }, 404)
    const call = ChatCall.parse(body)
    calls.push({ path, body: call, raw: body, authorization: request.headers.authorization })
    response.once('close', () => {
      if (!response.writableFinished && !closed.signal.aborted) abandoned += 1
    })
    const waitMs = typeof delayMs === 'function' ? delayMs(call) : delayMs
    if (waitMs > 0) await sleep(waitMs, undefined, { signal: closed.signal })
    await reply(response, wire, call)
  }

  async function listen(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, body } = await takeRecording(request, recordings)
    if (listening.kind === 'hang') return
    if (listening.kind === 'garbage') return void response.end('<html>')
    if (listening.kind === 'status') return sendJson(response, OPENAI.refusal('stand_in'), listening.status)
    sendJson(response, body, status)
  }

  async function reply(response: ServerResponse, wire: Wire, call: ChatCall): Promise<void> {
    switch (behaviour.kind) {
      case 'hang':
        return
      case 'status':
        if (behaviour.retryAfterSeconds) response.setHeader('retry-after', behaviour.retryAfterSeconds)
        return sendJson(response, wire.refusal(behaviour.code ?? 'stand_in'), behaviour.status)
      case 'garbage':
        response.writeHead(200, { 'content-type': wire.contentType })
        response.end('data: {"choices":[{"del\n\n<html>\n')
        return
      case 'empty':
        return streamWords(response, wire, call, [])
      case 'stream-error':
        response.writeHead(200, { 'content-type': wire.contentType })
        response.end(wire.word(call, 'Half an ') + wire.error)
        return
      case 'endless':
        return streamEndlessly(response, wire, call)
      case 'cut': {
        const words = splitWords(answerFromPrompt(joinPrompt(call))).slice(0, behaviour.afterWords)
        response.writeHead(200, { 'content-type': wire.contentType })
        response.write(words.map((word) => wire.word(call, word)).join(''), () => response.destroy())
        return
      }
      case 'obey':
        return send(response, wire, call, textOfObedient(call, calls.length))
      default:
        return send(response, wire, call, textFor(behaviour, call))
    }
  }

  async function send(response: ServerResponse, wire: Wire, call: ChatCall, text: string): Promise<void> {
    // Ollama streams unless told not to, OpenAI only when told to.
    const isStreamed = wire === OLLAMA ? call.stream !== false : call.stream === true
    if (!isStreamed) return sendJson(response, wire.whole(call, text))
    return streamWords(response, wire, call, wordDelayMs > 0 ? splitWords(text) : [text])
  }

  async function streamWords(
    response: ServerResponse,
    wire: Wire,
    call: ChatCall,
    words: string[],
  ): Promise<void> {
    response.writeHead(200, { 'content-type': wire.contentType })
    for (const word of words) {
      response.write(wire.word(call, word))
      if (wordDelayMs > 0) await sleep(wordDelayMs, undefined, { signal: closed.signal })
    }
    response.end(wire.end(call, words.join('')))
  }

  async function streamEndlessly(response: ServerResponse, wire: Wire, call: ChatCall): Promise<void> {
    response.writeHead(200, { 'content-type': wire.contentType })
    while (!response.destroyed && !closed.signal.aborted) {
      response.write(wire.word(call, 'and so on '.repeat(10)))
      await sleep(1)
    }
  }

  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${portOf(server.address())}`
  return {
    url,
    openAiUrl: `${url}/v1`,
    calls,
    recordings,
    listen: (next) => {
      listening = next
    },
    abandonedCount: () => abandoned,
    behave: (next) => {
      behaviour = next
    },
    async [Symbol.asyncDispose]() {
      closed.abort()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function textFor(behaviour: StandInBehaviour, call: ChatCall): string {
  if (behaviour.kind === 'say') return behaviour.text
  const prompt = joinPrompt(call)
  const picture = call.messages.flatMap(({ pictures = [] }) => pictures).at(-1)
  const seen = picture === undefined ? '' : lookAtSample(Buffer.from(picture, 'base64'))
  if (picture !== undefined && readPrompt(prompt).passages.length === 0) {
    return seen || 'Nothing can be made out.'
  }
  const answer = answerFromPrompt(prompt, seen)
  return behaviour.kind === 'answer' && behaviour.isObedient ? `${answer} ${obey(prompt)}`.trim() : answer
}

/** Its answer first, so that all that is written has something true beside it. */
function textOfObedient(call: ChatCall, turn: number): string {
  const isRule = ({ role }: { role: string }) => role === 'system'
  const contentOf = (messages: ChatCall['messages']) => messages.map(({ content }) => content).join('\n')
  const prompt = {
    system: contentOf(call.messages.filter(isRule)),
    data: contentOf(call.messages.filter((message) => !isRule(message))),
  }
  return `${answerFromPrompt(joinPrompt(call))}\n${obeyEverything(prompt, turn)}`.trim()
}

function joinPrompt({ messages }: ChatCall): string {
  return messages.map(({ content }) => content).join('\n')
}

function splitWords(text: string): string[] {
  return text.match(/\S+\s*/g) ?? []
}

function sendJson(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

async function readBody(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(Buffer.from(piece))
  return Buffer.concat(pieces).toString('utf8')
}

function portOf(address: string | AddressInfo | null): number {
  return typeof address === 'object' && address ? address.port : 0
}
