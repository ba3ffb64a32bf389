import type { Picture } from './model.ts'

/** Models known to take pictures, by the beginning of their name. */
const KNOWN = [
  'openai:gpt-4o',
  'openai:chatgpt-4o',
  'openai:gpt-4.1',
  'openai:gpt-5',
  'openai:o3',
  'openai:o4-mini',
  'anthropic:claude-',
  'google-genai:gemini-',
  'mistralai:pixtral',
  'mistralai:mistral-small-latest',
  'mistralai:mistral-medium-latest',
  'groq:meta-llama/llama-4',
  'ollama:llava',
  'ollama:bakllava',
  'ollama:llama3.2-vision',
  'ollama:llama4',
  'ollama:gemma3',
  'ollama:qwen2.5vl',
  'ollama:qwen3-vl',
  'ollama:minicpm-v',
  'ollama:moondream',
  'ollama:granite3.2-vision',
  'ollama:mistral-small3',
]

/** Smaller siblings that see nothing, though their name begins like one that does. */
const BLIND = ['ollama:gemma3:1b', 'ollama:gemma3:270m', 'openai:gpt-4o-audio', 'openai:o3-mini']

/**
 * Whether a model takes pictures.
 *
 * @param named What MODEL_SEES says: beginnings of names; empty for those that are known by their name.
 */
export function seesPictures(model: string, named: readonly string[]): boolean {
  const begins = (beginning: string) => model.startsWith(beginning)
  return named.length > 0 ? named.some(begins) : KNOWN.some(begins) && !BLIND.some(begins)
}

/** JPEG, PNG, WebP or GIF: what every model that sees can read. */
export type PictureType = Picture['mediaType']

/** What picture a file is that begins so; undefined for anything else. */
export function sniffPicture(head: Buffer): PictureType | undefined {
  const mark = head.toString('latin1', 0, 12)
  if (mark.startsWith('\u00ff\u00d8\u00ff')) return 'image/jpeg'
  if (mark.startsWith('\u0089PNG\r\n')) return 'image/png'
  if (/^GIF8[79]a/.test(mark)) return 'image/gif'
  return mark.startsWith('RIFF') && mark.slice(8) === 'WEBP' ? 'image/webp' : undefined
}
