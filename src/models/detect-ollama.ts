import { z } from 'zod'

/** A start must not wait for a server that is not there. */
const DETECT_TIMEOUT_MS = 500

const Tags = z.object({
  models: z.array(
    z.looseObject({
      name: z.string(),
      capabilities: z.array(z.string()).nullish(),
      details: z.looseObject({ family: z.string().nullish() }).nullish(),
    }),
  ),
})
type Tag = z.output<typeof Tags>['models'][number]

/**
 * The first model an Ollama server at `baseUrl` holds that can chat, as `ollama:<name>`, or
 * `undefined` when no server answers in half a second or it holds none.
 */
export async function detectOllama(baseUrl: string): Promise<string | undefined> {
  try {
    const response = await fetch(new URL('api/tags', `${baseUrl.replace(/\/$/, '')}/`), {
      signal: AbortSignal.timeout(DETECT_TIMEOUT_MS),
    })
    if (!response.ok) return undefined
    const { models } = Tags.parse(await response.json())
    const found = models.find(canChat)
    return found && `ollama:${found.name}`
  } catch {
    // Nothing there, or something else on that port: either way there is no Ollama to use.
    return undefined
  }
}

/** Newer servers tell capabilities; for older ones the family and the name must do. */
function canChat({ name, capabilities, details }: Tag): boolean {
  if (capabilities) return capabilities.includes('completion')
  return !/embed|bert|minilm|bge|rerank/i.test(`${name} ${details?.family ?? ''}`)
}
