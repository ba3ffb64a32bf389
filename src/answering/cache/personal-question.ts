/** What is known of a person: to ask after it is to ask after oneself. */
const OWN =
  'name|age|weight|height|goals?|progress|streak|score|points|history|profile|birthday|diagnosis|results?'
/** The same, unless one asks how it is done: how a subscription is cancelled is one answer for everyone. */
const HELD =
  'subscription|account|plan|payment|invoice|order|booking|appointment|trial|order|last|previous|next|notes?'

/** "I" that tells instead of asking: not beside a word that makes it a question or a general case. */
const I_TELL =
  /(?<!\b(?:do|does|did|can|could|should|shall|may|might|must|would|will|if|when|before|after|than|that|once|while|until|whenever|how|what|am|have|where|which|time|thing|things|food|foods) )\bi(?:'m|'ve|'d|'ll)?\b(?! (?:should|can|could|may|must|might|shall)\b)/iu

const ENGLISH = [
  I_TELL,
  new RegExp(
    String.raw`(?<!\bhow (?:do|can|could|should) i (?:change|reset|set|track|measure) )\bmy (?:own )?(?:${OWN})\b`,
    'iu',
  ),
  new RegExp(String.raw`^(?!\W*(?:how|where|can|could) ).*\bmy (?:own )?(?:${HELD})\b`, 'iu'),
  /^\W*my\b|[.!?;]\s+my\b/iu,
  /\b(?:remember|remind) me\b|\bfor me\b|\babout me\b|\bsomeone like me\b|\bdid i\b|\bam i\b|\bhave i\b|\bdo i (?:weigh|have left|owe)\b/iu,
]

/** In these languages any word of the first person that is not behind a verb of asking. */
const BY_LANGUAGE: Readonly<Record<string, readonly RegExp[]>> = {
  en: ENGLISH,
  de: [
    /(?<!(?:soll|sollte|kann|könnte|darf|muss|müsste|mache|fange|wenn|ob|bevor|nachdem|dass) )(?<!\p{L})ich(?!\p{L})/iu,
    /(?<!\p{L})(?:mein|mir|mich)\p{L}*/iu,
  ],
  es: [/(?<!\p{L})(?:yo|mi|mis|mío|mía|conmigo|soy|estoy|tengo|me)(?!\p{L})/iu],
  fr: [
    /(?<!(?:puis|dois|devrais|peux|faut|que|quand|si)[- ])(?<!\p{L})(?:je|j['’])|(?<!\p{L})(?:mon|ma|mes|moi|me)(?!\p{L})/iu,
  ],
  it: [/(?<!\p{L})(?:io|mio|mia|miei|mie|mi|sono|ho)(?!\p{L})/iu],
  pt: [/(?<!\p{L})(?:eu|meu|minha|meus|minhas|mim|comigo|sou|estou|tenho|me)(?!\p{L})/iu],
  nl: [/(?<!(?:kan|moet|mag|zou|als|of|dat) )(?<!\p{L})ik(?!\p{L})|(?<!\p{L})(?:mijn|mij)(?!\p{L})/iu],
  ru: [/(?<!\p{L})(?:я|меня|мой|моя|моё|мое|мои|мою|моего|моей|мной)(?!\p{L})/iu],
}

/** "I" of a polite beginning. */
const WANTS_TO_KNOW =
  /\bi(?:'d| would)? (?:like to|want to|need to|just want to) (?:know|understand|find out)\b|\bi(?: am|'m| was)? wonder(?:ing)?\b/iu

/** An address, a link, a handle or a long number. */
const TRACEABLE = /\S+@\S+|https?:|(?<!\w)@\w{3,}|\d[\d\s().-]{6,}\d/u

/** Two sentences of which one tells: "My knee hurts. What now?" */
const TELLS_FIRST = /(?<!\b(?:dr|mr|mrs|ms|st|vs|no|prof|e\.g|i\.e))[.!]\s+\p{L}/iu

/** More is a story. */
const MAX_CHARS = 240

/**
 * True for a question that speaks of the person who asks, or may: its answer is theirs alone. Rather once too often,
 * and always in a language whose first person is not known here.
 */
export function isPersonalQuestion(question: string, language: string): boolean {
  const marks = BY_LANGUAGE[language.split('-')[0] ?? '']
  if (
    !marks ||
    question.length > MAX_CHARS ||
    TRACEABLE.test(question) ||
    TELLS_FIRST.test(question.trim())
  ) {
    return true
  }
  const asked = question.replace(WANTS_TO_KNOW, '')
  return marks.some((mark) => mark.test(asked))
}
