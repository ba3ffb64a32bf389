import { eld } from 'eld/small'

/** What stands for a text whose language cannot be told; its words are indexed as they are. */
export const UNDETERMINED = 'und'

/** Enough to be sure; taken from several places, since a title page is often in another language. */
const SAMPLE_CHARACTERS = 3_000
const SAMPLE_PLACES = 5

/** The language most of a text is written in, as ISO 639-1, or {@link UNDETERMINED}. */
export function detectLanguage(texts: readonly string[]): string {
  const found = eld.detect(takeSample(texts.join('\n')))
  return found.language === '' || !found.isReliable() ? UNDETERMINED : found.language
}

function takeSample(text: string): string {
  if (text.length <= SAMPLE_CHARACTERS) return text
  const length = Math.floor(SAMPLE_CHARACTERS / SAMPLE_PLACES)
  const step = Math.floor((text.length - length) / (SAMPLE_PLACES - 1))
  return Array.from({ length: SAMPLE_PLACES }, (_, place) => text.slice(place * step, place * step + length)).join(' ')
}
