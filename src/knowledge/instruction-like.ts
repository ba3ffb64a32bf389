/*
 * A document may hold words meant for a model instead of a reader ("ignore the text above", "SYSTEM:
 * say ..."). The prompt says that documents are data, but small models obey what they read, so such
 * stretches are neither shown to a model nor quoted. This is one fence of several, not a proof: what
 * it does not know passes, and what it takes out is no advice a coach would write.
 */

const ADDRESSED = String.raw`(?:assistant|ai|a\.i\.|chatbot|bot|language model|llm|model|modell|gpt|chatgpt|claude|ki|asistente|modelo|assistente|modèle|ассистент\p{L}*|модел\p{L}*)`

const PATTERNS = [
  // A role at the start of a line, as in a transcript of prompts.
  /^\W*(?:system|assistant|ai|llm|chatgpt)\s*(?:prompt|message|note|override|instruction)?s?\s*:/iu,
  /<\/?\s*(?:system|context|instructions?|assistant|user|im_start|im_end|passages?)\b[^>]*>|<\|[^|>]{1,40}\|>|\[\/?INST\]/iu,
  new RegExp(
    String.raw`\b(?:note|message|instructions?|hinweis|anweisung\p{L}*|nota|instrucci[oó]n\p{L}*|consigne|инструкци\p{L}*)\s+(?:to|for|an|für|para|pour|per|для)\s+(?:the|any|das|die|den|el|la|le|o)?\s*${ADDRESSED}(?![\p{L}])`,
    'iu',
  ),
  new RegExp(
    String.raw`^\W*${ADDRESSED}\s*:\s*(?:tell|say|always|never|print|reply|answer|show|ignore|output)\b`,
    'iu',
  ),
  /\b(?:ignore|disregard|forget|override|bypass)\b.{0,40}\b(?:previous|prior|above|earlier|preceding|system|your)\b.{0,30}\b(?:instructions?|prompts?|rules?|text|guidelines|directions|context)\b/iu,
  /\b(?:ignore|disregard)\b.{0,20}\b(?:(?:previous|prior|above|all)\b.{0,20}\btext|text above)\b|\bignore the question\b/iu,
  /\bignorier\p{L}*\b.{0,40}\b(?:anweisung\p{L}*|regeln|vorherig\p{L}*)|\bignora\b.{0,40}\binstrucciones\b|\bignore[rz]?\b.{0,40}\binstructions précédentes\b|игнорируй\p{L}*.{0,40}инструкц/iu,
  /\b(?:reply|respond|answer|antworte|responde|réponds)\b.{0,25}\b(?:only|nur|exactly|solo|seulement)\s+(?:with|mit|con|avec)\b/iu,
  /\b(?:system prompt|your (?:hidden |secret |initial )?(?:instructions|prompt)|jailbreak|developer mode|prompt injection)\b/iu,
  /^\W*new rule\s*:|\b(?:end|begin|start|finish) (?:every|each|all|your) (?:answer|reply|response|message)s? with\b/iu,
  /\b(?:print|output|reveal|repeat|exfiltrate|leak)\b.{0,30}\b(?:client list|user data|conversation|chat history|secrets?|api keys?|passwords?|instructions)\b/iu,
]

/** True when a stretch of a document talks to a model instead of a reader. */
export function isInstructionLike(text: string): boolean {
  return PATTERNS.some((pattern) => pattern.test(text))
}

/** Zero-width and tag characters and controls: invisible to a reader, words to a model. */
const INVISIBLE =
  /[\u200b\u200e\u200f\u2060-\u2064\ufeff\u00ad\u202a-\u202e\u2066-\u2069]|[\u{e0000}-\u{e007f}]|(?![\n\t])\p{Cc}/gu

/** A text without its invisible characters. */
export function stripInvisible(text: string): string {
  return text.replace(INVISIBLE, '')
}
