/**
 * What people ask every coach, teacher or studio, whatever the subject: may I leave, is it cheaper for students, from
 * what age, until when can I watch it. Question and answer seldom share a word, but each is told by a few turns of
 * phrase of its own.
 */
interface UsualQuestion {
  asked: RegExp
  /** What a sentence that answers it says, its heading before it. */
  answered: RegExp
}

/** The usual questions that a question asks. */
export type Usual = readonly UsualQuestion[]

const NUMBER =
  '(?:\\d+|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty|forty|half|an?|ein\\w*|zwei|drei|vier|fünf|sechs|acht|zehn|un|une|deux|trois|dos|tres|dois|duas|três)'
const TIME_UNIT =
  '(?:seconds?|minutes?|hours?|days?|weeks?|months?|years?|sekunden?|minuten?|stunden?|tage?n?|wochen?|monate?n?|jahre?n?|secondes?|heures?|jours?|semaines?|mois|ans?|segundos?|minutos?|horas?|días?|semanas?|mes(?:es)?|años?)'

const USUAL_QUESTIONS: Usual = [
  // Leaving, and the money then.
  usual(
    String.raw`refund|money back|(?:get|have|give|want|return|receive)\b.{0,30}\b(?:money|paid|fee|all|it) back|return what i|back what i|(?:want|like) (?:to (?:leave|quit|stop|cancel)|out)|\bquit\b|drop out|step out|changed? my mind|(?:don.?t|do not|didn.?t) like it|not for me|stop early|erstatt|geld zurück|zurückbekomm|aussteigen|kündig|reembols|devol[uv]|rembours|rimbors|верн|возврат|отказаться|iade`,
    String.raw`refund|money (?:is )?(?:back|returned)|(?:paid|pay|get|gets|given?)\b.{0,40}\bback\b|everything back|is returned|owe nothing|step(?:ping)? out|withdraw|erstatt|zurück|reembols|rembours`,
  ),
  // Paying in parts.
  usual(
    String.raw`instal?ments?|pay(?:ing|ments?)? (?:in|by|over) (?:parts|steps|months?|two|three|four|several|\d)|split\b.{0,20}\b(?:bill|pay\w*|cost|fee|price|sum|amount)|spread\b.{0,25}\b(?:cost|pay\w*|fee|price|it)|(?:pay|payments?) monthly|pay (?:it )?later|\braten|abstotter|a plazos|cuotas|parcel|prestaç|(?:deux|trois|plusieurs|duas|três|dos|tres) (?:fois|vezes|veces|pagos)|\brate\b|частями|рассроч|taksit`,
    String.raw`instal?ments?|(?:in|over) ${NUMBER} (?:parts|months|payments|steps|rates)|spread|split the|monthly payment|\braten|abschlag|plazos|cuotas|fois`,
  ),
  // Paying less.
  usual(
    String.raw`discount|reduction|reduced|cheaper|pay less|less (?:for|if)|special (?:price|offer)|\bstudents?\b|pensioner|retired|senior|unemployed|out of work|jobless|lost my job|single (?:mum|mom|mother|dad|father|parent)|alone\b.{0,20}\bkids|kids alone|apprentice|low income|little money|rabatt|ermäßig|billiger|günstiger|student|rentner|descuento|réduction|remise|desconto|sconto|скидк|indirim`,
    String.raw`discount|reduction|reduced|(?:percent|%|third|quarter|half|eur|euros?|gbp|usd|pounds?|dollars?|chf|\d) (?:less|off|cheaper)|pay(?:s)? (?:only )?half|half (?:price|the (?:price|fee))|a third less|less for|rabatt|ermäßig|prozent (?:weniger|nachlass)|descuento|réduction`,
  ),
  // Who is old enough.
  usual(
    String.raw`years? old|year-old|how old|what age|(?:minimum|which) age|too (?:old|young)|under ?age|minors?\b|\b(?:am|is|are|turns?|turned|just) (?:only |just |already )?(?:\d{1,2}|seventeen|sixteen|fifteen|fourteen|thirteen|twelve)\b(?!\s*(?:${TIME_UNIT}|kg|km|%|eur|:))|(?:son|daughter|kid|child|boy|girl|teenager)\b.{0,40}\b(?:join|come|take part|allowed|participate)|wie alt|ab welchem alter|mindestalter|(?:ist|bin|wird) \d{1,2}\b|cuántos años|qué edad|quel âge|quantos anos|quanti anni|сколько лет|возраст|kaç yaş`,
    String.raw`(?:from|at least|over|under|until|up to|above|below|older than|younger than|aged?|turned?|minimum(?: age)?)\b.{0,12}\b(?:\d{1,2}|eighteen|sixteen)\b|adults?\b|\d{1,2} (?:years? )?(?:and|or) (?:older|over|above|up)|age:|minors|ab \d{1,2}|volljährig|erwachsene|mayores|majeur`,
  ),
  // Seeing it later.
  usual(
    String.raw`record(?:ed|ing)s?\b|replay|re-?watch|\bcatch up|(?:watch|see|view|listen|hear)\b.{0,40}\b(?:later|again|afterwards|after|still|until|missed|session|call|lesson|online)|missed\b.{0,60}\b(?:watch|see|video)|aufzeichnung|aufnahme|nachträglich|grabaci|enregistre|gravaç|registrazion|запис`,
    String.raw`record(?:ed|ing)s?\b|replay|\bvideos?\b|\bfilms?\b|library|(?:stays?|remains?|is|are) (?:up|online|available|there) (?:for|until)|aufzeichnung|aufnahme|grabaci|enregistre`,
  ),
  // What becomes of what one tells.
  usual(
    String.raw`(?:delete|erase|destroy|store|keep|save|remove|forget|get rid)\b.{0,50}\b(?:notes?|data|files?|diary|videos?|recordings?|photos?|pictures?|papers?|documents?|records|tell|told|say|said|wrote|write|log|gave|about (?:me|us))|(?:tell|told|say|write|log)\b.{0,20}\bforever|(?:what happens to|what do you do with) my|who (?:can )?(?:reads?|sees?|hears?|knows?|has access)|other people\b.{0,20}\b(?:hear|see|know|read)|confidential|private|secret|privacy|between us|lösch|gespeichert|aufbewahr|vertraulich|daten|wer sieht|borr|eliminar|datos|effac|supprim|données|apagar|dados|cancell|удал|хран|silin`,
    String.raw`(?:delete|erase|destroy|remove|wipe)[ds]?\b|destroyed|stays? (?:with me|here|in (?:the|this) (?:group|room)|between)|confidential|(?:seen|read) by|nobody (?:else )?(?:sees|reads|hears)|never (?:shared?|pass)|only i\b|secrecy|lösch|vertraulich|vernichte|borra|efface`,
  ),
  // Not being able to come.
  usual(
    String.raw`can.?(?:t|not) (?:make|come|attend|be there)|cancel|resched|postpone|(?:run|running|am|be|come|arrive|too|minutes) late|stuck in|no.?show|something came up|move (?:my|the) (?:lesson|appointment|call|session|hour)|miss(?:ed)? (?:a|the|my|one|our) (?:\w+ )?(?:call|lesson|session|class|appointment|meeting|training|week|day)|absage|verschieb|zu spät|verspät|nicht kommen|cancelar|annuler|disdire|отмен|опозда|iptal`,
    String.raw`cancel|(?:hours?|days?|evening|day|week) (?:before|ahead|in advance|notice)|\bnotice\b|resched|postpone|\blate\b|(?:slot|lesson|hour|session|call) is lost|cannot come|if you miss|who(?:ever)? (?:misses|cannot)|never miss|missed|absag|verschieb|vorher|verspät`,
  ),
  // Being ill or away for a while.
  usual(
    String.raw`\bpause|on hold|freeze (?:the|my|it)|(?:got|am|is|fall|get|was|be|falls|gets|become) (?:the flu|ill|sick|injured|pregnant)|\bflu\b|surgery|operat(?:ed|ion)|hospital|(?:on|go on|have a) (?:holiday|vacation|leave)|long(?:er)? trip|take a break|pausier|unterbrech|krank|operiert|urlaub|enferm|malade|doente|malat|боле|пауз`,
    String.raw`\bpauses?\b|freez|suspend|on hold|interrupt|(?:illness|ill\b|sick)|doctor.?s note|extend|pausier|pause|krank`,
  ),
  // Reaching the coach, and when an answer comes.
  usual(
    String.raw`(?:reach|contact|message|text|write(?: to)?|call|phone|ring|e-?mail|ask) you\b|when (?:do|will|can) you (?:answer|reply|check|respond|read|write)|(?:check|read|answer) (?:my |the |your )?(?:messages?|e-?mails?|questions?)|how (?:fast|quick\w*|soon|long)\b.{0,40}\b(?:answer|reply|respon\w+|hear|feedback)|hear back|are you (?:available|there|reachable)|antwort.{0,20}von dir|erreich|kontakt|wann antwortest|contactar|contacter|joindre|contatt|связаться|ulaş`,
    String.raw`\bi (?:\w+ )?(?:reply|answer|read|look|respond|comment|check|call back|write back)|do not answer|answered (?:within|on|by)|within ${NUMBER} (?:hours?|days?|working days?)|working days?|reach(?:ing)? me|(?:send|leave|write|post) (?:me )?an? (?:voice|message|text|note|mail|email|picture)|office hours|ich antworte|erreich|antwort`,
  ),
  // What to have.
  usual(
    String.raw`what (?:do|should|must|shall|will) (?:i|we) (?:have to |need to )?(?:need|bring|have|buy|take|wear|prepare|get)\b|equipment|\bgear\b|which (?:things|tools|equipment)|(?:need|have) to (?:buy|bring|own|get)|take with me|pack\b|was (?:brauche|muss) ich|mitbring|ausrüstung|qué necesito|que me faut|de quoi|cosa serve|что (?:нужно|взять)`,
    String.raw`\b(?:you|we) (?:will )?(?:need|want)\b|what you need|\bbring|equipment|is enough|will do\b|(?:not|no) (?:\w+ )?(?:needed|required|necessary)|you do not need|please (?:have|wear|bring)|to wear|mitbring|brauchst|brauchen|necesitas|apporte`,
  ),
  // Animals.
  usual(
    String.raw`\b(?:dogs?|cats?|pets?|puppy|labrador|terrier|animals?)\b.{0,40}\b(?:come|join|bring|along|allowed|with)|bring\b.{0,20}\b(?:dog|cat|pet|puppy)|(?:hund|haustier)\w*\b.{0,40}\b(?:mit|dabei|erlaubt)`,
    String.raw`\b(?:dogs?|pets?|animals?|haustiere?|hunde?)\b`,
  ),
  // Coming with somebody, or another one in one's place.
  usual(
    String.raw`(?:can|may|could|is|does) (?:my|our|a|the) (?:\w+ )?(?:wife|husband|partner|friend|mother|father|mum|mom|dad|grandmother|sister|brother|kids?|child|children|boyfriend|girlfriend|colleague)\b|with my (?:wife|husband|partner|friend|mother|sister|brother|kids?|child)|bring (?:a|my|our|someone|somebody)\b|come together|as a couple|mit (?:meiner|meinem) |con mi |avec (?:mon|ma) |с (?:мужем|женой|детьми|ребенком)`,
    String.raw`\bguests?\b|\bfriends?\b|partners?\b|couples?|famil(?:y|ies)|somebody along|someone along|(?:bring|with) (?:a|your|one) |another person|may (?:come|listen|join|watch)|children|begleit|gäste`,
  ),
  // Something hurts.
  usual(
    String.raw`\bpains?\b|\bhurts?\b|\baches?\b|\bsore\b|dizz|spins\b|spinning|\bnumb|bleed|faint|tingl|chest|can.?t breathe|out of breath|schmerz|tut weh|schwindel|dolor|duele|mal à|douleur|dor\b|dói|dolore|боль|болит|ağrı`,
    String.raw`\bpains?\b|hurts?\b|dizz|\bstop\b|\bdoctor|medical|emergency|physio|\bnumb|\bsore\b|cramp|burns?\b|schmerz|arzt|aufhören`,
  ),
  // Whether it works.
  usual(
    String.raw`progress|(?:how|when) (?:do|will|can|would|should) (?:i|we) (?:know|notice|see|tell|measure|find out)\b|am i ready|is it working|(?:it|this) works|getting better|fortschritt|woran (?:merke|sehe)|progreso|progrès|прогресс`,
    String.raw`\bsigns?\b|\btest\b|\bready\b|progress|you (?:can tell|know it|will notice)|easier|faster|feels?|fortschritt|merkst`,
  ),
  // What is in the price.
  usual(
    'includ|extra (?:cost|fee|charge)|on top|cost extra|inbegriffen|enthalten|inklusive|incluid|compris|inclus|включ|dahil',
    'includ|extra|on top|inbegriffen|enthalten|inklusive|compris',
  ),
  // Whether something takes place on a day.
  usual(
    String.raw`(?:is|are|will|do) (?:there|we)\b.{0,40}\bon (?:the )?(?:\d{1,2}|first|second|third|\w+(?:th|st|nd|rd)|january|february|march|april|may|june|july|august|september|october|november|december|christmas|easter)\b|gibt es .{0,30} am \d`,
    String.raw`(?:there (?:is|are)|we have|so) no (?:\w+ )?(?:call|meeting|talk|circle|class|lesson|session|course|evening|hour)s?\b|(?:on the )?(?:\w+(?:th|st|nd|rd|first|second)) (?:of )?(?:january|february|march|april|may|june|july|august|september|october|november|december)|no (?:call|meeting|talk|class)`,
  ),
  // Measures: the weakest hints, since many sentences have one.
  usual(
    'how long|for how many (?:minutes|hours|days|weeks|months|seconds)|how much time|until when|by when|how (?:soon|late|early)|wie lange|bis wann|cuánto (?:tiempo|dura)|combien de (?:temps|minutes|jours|semaines)|quanto tempo|как долго|сколько (?:времени|минут|дней|недель)',
    String.raw`\b${NUMBER}[ -](?:\w+ )?${TIME_UNIT}\b|\d{1,2}:\d\d|until|by the|before the`,
  ),
  usual(
    'how (?:often|frequently|regularly)|how many times|wie oft|wie häufig|cuántas veces|combien de fois|quantas vezes|quante volte|как часто|сколько раз|ne sıklıkla',
    String.raw`\bevery\b|\bonce\b|\btwice\b|\btimes\b|\bdaily\b|\bweekly\b|(?:a|per|each) (?:day|week|month|year)|alle \d|jede|mal (?:am|pro|täglich|in der)|todos|chaque|cada`,
  ),
  usual(
    String.raw`^(?:and )?who\b|whose\b|^wer\b|^quién|^qui (?!est-ce que)|^quem|^chi\b|^кто\b`,
    String.raw`(?:\bdr\.?|prof(?:essor|\.)?|mrs?\.?|guest|i am|my name|with me is|colleague|bin) `,
  ),
]

/** Letters with their accents: what is matched is the text itself, in small letters. */
function usual(asked: string, answered: string): UsualQuestion {
  return { asked: new RegExp(asked, 'iu'), answered: new RegExp(answered, 'iu') }
}

/** Which of the usual questions this one is; none, for most. */
export function findUsual(question: string): Usual {
  return USUAL_QUESTIONS.filter(({ asked }) => asked.test(question))
}

/** The share of them that a sentence, with its heading before it, answers. */
export function shareAnswered(usual: Usual, sentence: string): number {
  return usual.length === 0
    ? 0
    : usual.filter(({ answered }) => answered.test(sentence)).length / usual.length
}
