import { foldText } from '../../knowledge/words/terms.ts'

/** `wordless`: signs alone, of which none can be told what it means. */
export type SmallTalk = 'hello' | 'thanks' | 'bye' | 'wordless'

/** Longer messages have something to say. */
const MAX_WORDS = 12

/** Words that open small talk, folded (lower case, no accents). Several words are one phrase. */
const OPENERS: Record<Exclude<SmallTalk, 'wordless'>, string[]> = {
  thanks:
    list(`thanks|thank you|thank u|thx|ty|cheers|much appreciated|danke|dankeschon|vielen dank|gracias|muchas gracias|merci|
    merci beaucoup|obrigado|obrigada|muito obrigado|muito obrigada|grazie|grazie mille|dank je|dank u|dankjewel|bedankt|спасибо|
    большое спасибо|благодарю|شكرا|धन्यवाद|शुक्रिया|tesekkurler|tesekkur ederim|sagol|谢谢|多谢|謝謝|ありがとう|ありがとうございます|arigato`),
  bye: list(`bye|bye bye|sleep well|goodbye|good bye|see you|see ya|good night|tschuss|ciao|auf wiedersehen|bis bald|bis dann|gute nacht|adios|
    hasta luego|hasta pronto|buenas noches|au revoir|a bientot|bonne nuit|tchau|ate logo|ate mais|boa noite|arrivederci|a presto|buonanotte|
    tot ziens|doei|welterusten|до свидания|пока|спокойной ночи|مع السلامة|الى اللقاء|अलविदा|फिर मिलेंगे|gorusuruz|hosca kal|iyi geceler|再见|拜拜|
    晚安|さようなら|またね|おやすみ|おやすみなさい`),
  hello:
    list(`hi|hey|hello|hiya|yo|sup|good morning|good afternoon|good evening|good day|greetings|hallo|hi there|guten tag|guten morgen|
    guten abend|servus|moin|huhu|gruss gott|hola|buenos dias|buenas tardes|buenas|bonjour|bonsoir|salut|coucou|ola|oi|bom dia|boa tarde|
    buongiorno|buonasera|salve|goedemorgen|goedemiddag|goedenavond|hoi|привет|здравствуйте|здравствуй|добрый день|доброе утро|добрый вечер|
    مرحبا|السلام عليكم|اهلا|صباح الخير|مساء الخير|नमस्ते|नमस्कार|merhaba|selam|gunaydin|iyi aksamlar|你好|您好|嗨|早上好|こんにちは|おはよう|おはようございます|
    こんばんは|how are you|how are you doing|whats up|wie gehts|wie geht es dir|como estas|comment ca va|ca va|tudo bem|come stai|
    hoe gaat het|как дела|كيف حالك|nasilsin|你好吗|元気ですか`),
}

/** Words that go along without asking anything. */
const COMPANIONS = new Set(
  list(
    `a again all and are as bit bot coach day dear enjoy evening every everything for friend great have helped helpful helping
    helps i it its just later lot lots lovely morning much my nice night nicely of ok okay one perfect really see so soon
    super sure take care talk thanks that thats the there this time to today tomorrow too u very was week weekend well wish you your
    are doing is isnt all right alright cool awesome wonderful wow yes yep yeah no good star up
    und auch na dir ihnen euch noch einen eine schonen schone schones tag abend wochenende woche das war hat mir sehr geholfen gut super toll
    alles klar bis bald fur die deine ihre hilfe lieber liebe
    que tengas tenga un una buen buena dia tarde semana fin de muy mucho por todo tu su ayuda amigo y a ti me has ayudado
    bonne bon journee soiree semaine weekend et a vous toi pour tout votre ton aide c est genial beaucoup mille
    um uma bom boa tarde noite semana pela por ajuda e para voce tudo
    buona giornata serata settimana e a te per l aiuto tutto molto mille
    nog een fijne dag avond weekend voor je hulp erg veel
    большое вам тебе за помощь хорошего дня вечера и очень
    لك على المساعدة جزيلا يوم سعيد और आपका बहुत दिन शुभ cok iyi gunler sana yardim icin`.replace(/ /g, '|'),
  ),
)

/** Signs that mean the same to everyone. */
const WAVE = '👋'
const NODS = new Set('👍👌🙏🙌👏💪✅💯🎉😊🙂😀😃😄😁😍🥰🤗❤💛💚💙💜🧡♥')

/** True for a message of nothing but signs; nothing can be looked up by it. */
export function isWordless(message: string): boolean {
  return message.trim() !== '' && !/[\p{L}\p{N}]/u.test(message)
}

/**
 * Tells a greeting, thanks or a goodbye that asks nothing, also in signs alone. A message with any other word of
 * meaning is a question.
 */
export function findSmallTalk(message: string): SmallTalk | undefined {
  if (isWordless(message)) return readSigns(message)
  const words = foldText(withoutName(message).replace(/['’]/g, '')).match(/[\p{L}\p{M}\p{N}]+/gu)
  if (!words || words.length > MAX_WORDS) return undefined
  const said = ` ${words.join(' ')} `
  for (const kind of ['thanks', 'bye', 'hello'] as const) {
    if (OPENERS[kind].some((opener) => said.includes(` ${opener} `)) && isNothingElse(said)) return kind
  }
  return undefined
}

/** Without whoever is greeted: a name after the first word or two, before a sign or the end. */
function withoutName(message: string): string {
  const whole = message.replace(SHORT_MORNING, 'good morning')
  const [, greeting, rest = ''] = whole.match(GREETED) ?? []
  return greeting && OPENERS.hello.includes(foldText(greeting)) ? `${greeting} ${rest}` : whole
}

/** Alone it may be the answer to when. */
const SHORT_MORNING = /^\s*morning(?=[\s,!])/iu
const GREETED = /^\s*(\p{L}+(?: \p{L}+)?),? \p{Lu}\p{Ll}+(?=\s*(?:$|[^\p{L}\p{N}\s?]))(.*)$/su

function readSigns(message: string): SmallTalk {
  const signs = message.match(/\p{Extended_Pictographic}/gu) ?? []
  if (signs.length === 0) return 'wordless'
  if (signs.every((sign) => sign === WAVE)) return 'hello'
  return signs.every((sign) => NODS.has(sign)) ? 'thanks' : 'wordless'
}

function isNothingElse(said: string): boolean {
  let rest = said
  for (const opener of EVERY_OPENER) rest = rest.replaceAll(` ${opener} `, '  ')
  return rest.split(' ').every((word) => word === '' || COMPANIONS.has(word))
}

/** Longest first, so that "thank you" is taken whole. */
const EVERY_OPENER = Object.values(OPENERS)
  .flat()
  .sort((a, b) => b.length - a.length)

function list(text: string): string[] {
  return text
    .split('|')
    .map((word) => word.trim())
    .filter(Boolean)
}
