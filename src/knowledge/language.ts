/** What stands for a text whose language cannot be told; its words are indexed as they are. */
export const UNDETERMINED = 'und'

/** Enough to be sure; taken from several places, since a title page is often in another language. */
const SAMPLE_CHARACTERS = 3_000
const SAMPLE_PLACES = 5

/**
 * The language most of a text is written in, as ISO 639-1, or {@link UNDETERMINED}. A wrong guess about a
 * few words does no harm: a question is stemmed the way each document of its base was.
 */
export async function detectLanguage(texts: readonly string[]): Promise<string> {
  const { eld } = await loadDetector()
  return eld.detect(takeSample(texts)).language || UNDETERMINED
}

let detector: Promise<typeof import('eld/extrasmall')> | undefined

/** Loads the detector, once: half a second and 90 MB, which the first message should not have to wait for. */
export function loadDetector(): Promise<typeof import('eld/extrasmall')> {
  detector ??= import('eld/extrasmall')
  return detector
}

function takeSample(texts: readonly string[]): string {
  const text = texts.join('\n')
  if (text.length <= SAMPLE_CHARACTERS) return text
  const length = Math.floor(SAMPLE_CHARACTERS / SAMPLE_PLACES)
  const step = Math.floor((text.length - length) / (SAMPLE_PLACES - 1))
  return Array.from({ length: SAMPLE_PLACES }, (_, place) =>
    text.slice(place * step, place * step + length),
  ).join(' ')
}
