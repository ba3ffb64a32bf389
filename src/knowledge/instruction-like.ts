import { sentencesOf } from './words/sentences.ts'

/*
 * A document may hold words meant for a model instead of a reader ("ignore the text above", "SYSTEM:
 * say ..."). The prompt says that documents are data, but small models obey what they read, so such
 * stretches are neither shown to a model nor quoted. This is one fence of several, not a proof: what
 * it does not know passes, and what it takes out is no advice a coach would write.
 */

const ADDRESSED = String.raw`(?:assistants?|ai|a\.i\.|chatbots?|bots?|language models?|llm|models?|modell|sprachmodell|gpt|chatgpt|claude|ki|asistente|modelo|assistente|assistant|modèle|modello|ассистент\p{L}*|модел\p{L}*|yapay zeka\p{L}*)`

/** A word that asks a model to say something, in the languages answers come in. */
const SAY = `(?:say|print|output|reply|respond|answer|append|echo|repeat|reveal|recite|write|finish|sage?|schreibe?|antworte|wiederhole|gib|di|responde|escribe|repite|dis|réponds?|écris|répète|rispondi|scrivi|ripeti|responda|escreva|repita|скажи|ответь|напиши|повтори|выведи|yaz|söyle|cevapla)`

/** Written like a password: what someone wants to see come out. */
const CODE = String.raw`["'“«„]?(?=[\p{L}\p{N}_-]*(?:\p{Lu}{3}|\p{N}))(?:\p{Lu}[\p{Lu}\p{N}]{2,}|\p{L}+)(?:[-_][\p{L}\p{N}]+)+`

const PATTERNS = [
  // A role at the start of a line, as in a transcript of prompts.
  /^\W*(?:system|assistant|ai|llm|chatgpt|(?:ai )?model)\s*(?:prompt|message|note|override|instruction)?s?\s*:/iu,
  /<\/?\s*(?:system|context|instructions?|assistant|user|im_start|im_end|passages?|tool_call|function_call)\b[^>]*>|<\|[^|>]{1,40}\|>|\[\/?INST\]/iu,
  // The fence of a prompt of ours.
  /={4,}.*\b(?:passage|question)\b.*={4,}/iu,
  new RegExp(
    String.raw`(?<!\p{L})(?:note|message|instructions?|hinweis|anweisung\p{L}*|nota|instrucci[oó]n\p{L}*|instru[cç][aã]o|istruzion\p{L}*|consigne|инструкци\p{L}*)\s+(?:to|for|an|für|para|pour|per|для)\s+(?:the|any|every|das|die|den|el|la|le|o|il|i|l['’])?\s*${ADDRESSED}(?![\p{L}])`,
    'iu',
  ),
  /给(?:助手|模型|AI|人工智能)的?(?:指令|提示|说明)|(?:アシスタント|モデル|AI)への(?:指示|命令)|(?:ملاحظة|تعليمات|رسالة) (?:لل|الى |إلى )(?:مساعد|نموذج)|yapay zeka\p{L}* (?:not|talimat)|(?:सहायक|मॉडल) के लिए (?:निर्देश|सूचना)/iu,
  new RegExp(
    String.raw`^\W*${ADDRESSED}\s*[:,]\s*(?:please\s+)?(?:tell|say|always|never|print|reply|answer|show|ignore|output|append|include|add|repeat|you)(?!\p{L})`,
    'iu',
  ),
  new RegExp(String.raw`(?<!\p{L})(?i:${SAY})(?!\p{L}).{0,40}?${CODE}`, 'u'),
  /\b(?:ignore|disregard|forget|override|bypass)\b.{0,40}\b(?:previous|prior|above|earlier|preceding|system|your)\b.{0,30}\b(?:instructions?|prompts?|rules?|text|guidelines|directions|context)\b/iu,
  /\b(?:ignore|disregard)\b.{0,20}\b(?:(?:previous|prior|above|all)\b.{0,20}\btext|(?:text|rules) above)\b|\b(?:ignore the question|disregard the (?:rules|text|instructions))\b/iu,
  /\bignorier\p{L}*\b.{0,40}\b(?:anweisung\p{L}*|regeln|vorherig\p{L}*)|\bignora\b.{0,40}\b(?:instrucciones|istruzioni|regole|reglas)\b|\bignore[rz]?\b.{0,40}\b(?:instructions précédentes|regras|instruções)|игнорируй\p{L}*.{0,40}(?:инструкц|правил)|忽略.{0,12}(?:指令|指示|提示)|指示.{0,6}(?:を)?無視|(?:talimat|kural)\p{L}*.{0,12}yok say|تجاهل.{0,20}(?:التعليمات|القواعد)|निर्देशों.{0,20}(?:अनदेखा|नज़रअंदाज़)/iu,
  /\b(?:reply|respond|answer|antworte|responde|réponds|rispondi|responda)\b.{0,25}\b(?:only|nur|exactly|solo|seulement|soltanto|apenas)\s+(?:with|mit|con|avec|com)\b/iu,
  /\b(?:system prompt|your (?:hidden |secret |initial )?(?:instructions|prompt)|jailbreak|developer mode|prompt injection)\b/iu,
  /^\W*new rule\s*:|\b(?:end|begin|start|finish) (?:every|each|all|your) (?:answer|reply|response|message)s? with\b/iu,
  // What a reader is not asked.
  /\bwhen(?:ever)? (?:you are|you're|being) asked\b.{0,60}\b(?:say|answer|reply|respond|finish|end|add|mention)\b|\b(?:finish|end|close|answer) with the (?:phrase|words?|code|token)\b/iu,
  /\b(?:you are|act as|du bist|eres|tu es) (?:now|jetzt|ahora|maintenant|from now on) (?:\p{Lu}{2,}|a|an|free|un|ein)|\bfree (?:of|from) all (?:rules|restrictions)\b/iu,
  /\b(?:print|output|reveal|repeat|exfiltrate|leak|list)\b.{0,30}\b(?:client list|user data|conversations?|chat history|secrets?|api keys?|passwords?|instructions)\b/iu,
  /\b(?:decode|decipher)\b.{0,20}\b(?:and|then)\b.{0,10}\b(?:follow|obey|execute|run|do)\b/iu,
  /\b(?:call|use|invoke|run)\b.{0,15}\b(?:tool|function)\b\s+["'`]?\w*_\w+|"(?:tool|function|tool_calls?|arguments)"\s*:/iu,
  /\b(?:append|include|add|show|insert|embed)\b.{0,30}\b(?:image|picture|link|url)\b.{0,40}\b(?:to|in) (?:your|the|every|each) (?:reply|answer|response|user)|\b(?:show|give) this (?:link|image) to the user\b/iu,
  // Words of a stranger in the coach's document.
  new RegExp(String.raw`\b(?:IMPORTANT|URGENT)\b.{0,40}\b(?:UPDATE|NOTICE|CHANGE|MESSAGE)\b.*${CODE}`, 'u'),
  /\b(?:added|posted|inserted) by (?:an? )?(?:unknown|anonymous)\b/iu,
]

/** True when a stretch of a document talks to a model instead of a reader. */
export function isInstructionLike(text: string): boolean {
  return PATTERNS.some((pattern) => pattern.test(text))
}

/**
 * A text without what talks to a model. Of a line that begins with advice the advice stays: what follows the first
 * sentence that talks to a model is taken out with it, since an order often runs over several.
 */
export function stripInstructions(text: string): string {
  return text
    .split('\n')
    .flatMap((line) => (isInstructionLike(line) ? stripLine(line) : [line]))
    .join('\n')
}

function stripLine(line: string): string[] {
  // What is hidden behind invisible signs has no space before it once they are gone.
  const spaced = line.replace(/(?<=\p{Ll}[.!?])(?=\p{Lu})/gu, ' ')
  const first = sentencesOf(spaced).find(({ text }) => isInstructionLike(text))
  const kept = first === undefined ? '' : spaced.slice(0, first.start).trimEnd()
  // Where no sentence alone says it, the line as a whole does.
  return /\p{L}/u.test(kept) && !isInstructionLike(kept) ? [kept] : []
}

/** Zero-width and tag characters and controls: invisible to a reader, words to a model. */
const INVISIBLE =
  /[\u200b\u200e\u200f\u2060-\u2064\ufeff\u00ad\u202a-\u202e\u2066-\u2069]|[\u{e0000}-\u{e007f}]|(?![\n\t])\p{Cc}/gu

/** A text without its invisible characters. */
export function stripInvisible(text: string): string {
  return text.replace(INVISIBLE, '')
}
