import { z } from 'zod'
import { hashVector } from './hash-vector.ts'

const ContentBlock = z.looseObject({
  type: z.string(),
  text: z.string().optional(),
  image_url: z.object({ url: z.string().startsWith('data:image/') }).optional(),
})

/** Pictures stand among the words on OpenAI's wire and beside them on Ollama's: here they are apart, as base64. */
const Message = z
  .looseObject({
    role: z.string(),
    content: z.union([z.string(), z.array(ContentBlock)]),
    images: z.array(z.string()).optional(),
  })
  .transform(({ content, images = [], ...message }) => {
    const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : content
    const words = blocks.map(({ text }) => text ?? '').join('')
    const urls = blocks.flatMap((block) =>
      'image_url' in block && block.image_url ? [block.image_url.url] : [],
    )
    const pictures = [...images, ...urls.map((url) => url.slice(url.indexOf(',') + 1))]
    return { ...message, content: words, pictures: pictures.length > 0 ? pictures : undefined }
  })

export const ChatCall = z.looseObject({
  model: z.string(),
  messages: z.array(Message),
  stream: z.boolean().optional(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).optional(),
  max_tokens: z.number().optional(),
  max_completion_tokens: z.number().optional(),
  options: z.looseObject({ num_ctx: z.number().optional(), num_predict: z.number().optional() }).optional(),
})
export type ChatCall = z.output<typeof ChatCall>

export const EmbedCall = z.looseObject({
  model: z.string(),
  input: z.union([z.string(), z.array(z.string())]),
  encoding_format: z.string().optional(),
})
type EmbedCall = z.output<typeof EmbedCall>

/** How one vendor's wire carries the pieces of an answer. */
export interface Wire {
  contentType: string
  word(call: ChatCall, text: string): string
  end(call: ChatCall, text: string): string
  error: string
  whole(call: ChatCall, text: string): unknown
  refusal(code: string): unknown
}

/** Tokens a text counts, as the stand-in counts them. */
export function countTokens(text: string): number {
  return Math.ceil(text.length / 4)
}

const promptTokens = (call: ChatCall) =>
  call.messages.reduce((sum, { content }) => sum + countTokens(content), 0)

const CREATED = 1_790_000_000

function openAiUsage(call: ChatCall, text: string) {
  const [prompt, completion] = [promptTokens(call), countTokens(text)]
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion }
}

function openAiChunk(call: ChatCall, choices: unknown[], usage: unknown = null): string {
  const chunk = {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: CREATED,
    model: call.model,
    choices,
    usage,
  }
  return `data: ${JSON.stringify(chunk)}\n\n`
}

export const OPENAI: Wire = {
  contentType: 'text/event-stream',
  word: (call, content) =>
    openAiChunk(call, [
      { index: 0, delta: { role: 'assistant', content }, finish_reason: null, logprobs: null },
    ]),
  end: (call, text) =>
    openAiChunk(call, [{ index: 0, delta: {}, finish_reason: 'stop', logprobs: null }]) +
    (call.stream_options?.include_usage ? openAiChunk(call, [], openAiUsage(call, text)) : '') +
    'data: [DONE]\n\n',
  error: `data: ${JSON.stringify({ error: { message: 'The server had an error', type: 'server_error', code: null, param: null } })}\n\n`,
  whole: (call, content) => ({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: CREATED,
    model: call.model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content, refusal: null },
        finish_reason: 'stop',
        logprobs: null,
      },
    ],
    usage: openAiUsage(call, content),
  }),
  refusal: (code) => ({ error: { message: 'refused by the stand-in', type: code, code, param: null } }),
}

function ollamaEvent(call: ChatCall, content: string, rest: object = { done: false }) {
  return {
    model: call.model,
    created_at: '2026-01-01T00:00:00Z',
    message: { role: 'assistant', content },
    ...rest,
  }
}

function ollamaEnd(call: ChatCall, text: string) {
  return {
    done: true,
    done_reason: 'stop',
    total_duration: 1,
    load_duration: 0,
    prompt_eval_count: promptTokens(call),
    prompt_eval_duration: 1,
    eval_count: countTokens(text),
    eval_duration: 1,
  }
}

export const OLLAMA: Wire = {
  contentType: 'application/x-ndjson',
  word: (call, content) => `${JSON.stringify(ollamaEvent(call, content))}\n`,
  end: (call, text) => `${JSON.stringify(ollamaEvent(call, '', ollamaEnd(call, text)))}\n`,
  error: `${JSON.stringify({ error: 'an error was encountered while running the model' })}\n`,
  whole: (call, content) => ollamaEvent(call, content, ollamaEnd(call, content)),
  refusal: (code) => ({ error: code }),
}

export function presentOpenAiModels(models: string[]) {
  return {
    object: 'list',
    data: models.map((id) => ({ id, object: 'model', created: CREATED, owned_by: 'stand-in' })),
  }
}

export function presentOllamaModels(models: string[]) {
  return {
    models: models.map((name) => ({
      name,
      model: name,
      modified_at: '2026-01-01T00:00:00Z',
      size: 1,
      digest: '0',
      details: {
        format: 'gguf',
        family: 'llama',
        families: ['llama'],
        parameter_size: '1B',
        quantization_level: 'Q4',
      },
    })),
  }
}

export function embedOpenAi({ model, input, encoding_format }: EmbedCall, dimension: number) {
  const vectors = [input].flat().map((text) => hashVector(text, dimension))
  const data = vectors.map((vector, index) => ({
    object: 'embedding',
    index,
    embedding: encoding_format === 'base64' ? Buffer.from(vector.buffer).toString('base64') : [...vector],
  }))
  const tokens = [input].flat().reduce((sum, text) => sum + countTokens(text), 0)
  return { object: 'list', model, data, usage: { prompt_tokens: tokens, total_tokens: tokens } }
}

export function embedOllama({ model, input }: EmbedCall, dimension: number) {
  const embeddings = [input].flat().map((text) => [...hashVector(text, dimension)])
  return { model, embeddings, total_duration: 1, load_duration: 0, prompt_eval_count: 1 }
}
