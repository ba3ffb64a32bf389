import { z } from 'zod'
import { AppError } from '../errors.ts'

/** Longest line of an answer stream; a line holds one token, so more is no Ollama. */
const MAX_LINE_CHARS = 1_000_000

const OllamaFailure = z.object({ error: z.string() })

/**
 * A `fetch` for the Ollama client that ends with `signal` and vets what comes back.
 *
 * The client library itself knows no signal per call, prints unreadable lines and refused answers to
 * the console (they may hold a person's words), and skips lines that are no JSON. Here each becomes
 * an AppError before the library sees it, and so does the `{"error": ...}` line that Ollama sends
 * after a 200 when it fails halfway.
 */
export function createOllamaFetch(model: string, signal: AbortSignal): typeof fetch {
  return async (input, init) => {
    const signals = init?.signal ? [init.signal, signal] : [signal]
    const response = await fetch(input, { ...init, signal: AbortSignal.any(signals) })
    if (!response.ok) {
      await response.body?.cancel()
      throw refusalOf(response, model)
    }
    if (!response.body) throw new AppError('model.garbled', { model })
    const lines = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(vetLines(model))
    return new Response(lines.pipeThrough(new TextEncoderStream()), {
      status: response.status,
      headers: { 'content-type': 'application/x-ndjson' },
    })
  }
}

function refusalOf({ status }: Response, model: string): AppError {
  if (status === 429) return new AppError('model.rate_limited', { model, status })
  // A full queue is 503; a model that does not load is 500.
  if (status >= 500) return new AppError('model.overloaded', { model, status })
  return new AppError('model.rejected', { model, status })
}

/** Passes whole JSON lines on and fails at the first line that is none. */
function vetLines(model: string): TransformStream<string, string> {
  let rest = ''
  const vet = (line: string) => {
    if (line.trim() === '') return ''
    if (failureOf(line, model)) throw new AppError('model.overloaded', { model })
    return `${line}\n`
  }
  return new TransformStream({
    transform(text, controller) {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      if (rest.length > MAX_LINE_CHARS) throw new AppError('model.garbled', { model })
      const vetted = lines.map(vet).join('')
      if (vetted) controller.enqueue(vetted)
    },
    flush(controller) {
      const vetted = vet(rest)
      if (vetted) controller.enqueue(vetted)
    },
  })
}

function failureOf(line: string, model: string): boolean {
  try {
    return OllamaFailure.safeParse(JSON.parse(line)).success
  } catch {
    throw new AppError('model.garbled', { model })
  }
}
