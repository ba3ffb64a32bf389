import { type Falsifying, pick, wordPattern } from './claim-falsifying.ts'
import { capitalise, uncapitalise, wordsOf } from './claim-truths.ts'

/*
 * Falsehoods from the corpus's own answers, from patterns and from words that stand in no list of what judges: how
 * well a judge does that was never told of them.
 */

/** An answer that stands in the sentence for another one of the same passage. */
export function swapAnswer({ sentence, answers, random }: Falsifying): string | undefined {
  const own = pick(
    answers.filter((answer) => sentence.includes(answer)),
    random,
  )
  const other = pick(
    answers.filter((answer) => own !== undefined && !sentence.includes(answer) && isAlikeAnswer(own, answer)),
    random,
  )
  return own && other && capitalise(sentence.replace(own, other))
}

/** Two that could answer the same question: both with figures, both with a capital or without, about as long. */
export function isAlikeAnswer(one: string, other: string): boolean {
  const shape = (text: string) => `${/\p{N}/u.test(text)} ${/^\p{Lu}/u.test(text)}`
  const words = (text: string) => text.toLowerCase().split(/[\s,]+/)
  return (
    shape(one) === shape(other) &&
    Math.abs(wordsOf(one) - wordsOf(other)) <= 1 &&
    !one.includes(other) &&
    !other.includes(one) &&
    !words(one).some((word) => word.length > 3 && words(other).includes(word))
  )
}

const DENYING: Readonly<Record<string, readonly [opening: string, end: string][]>> = {
  en: [
    ['It is not true that ', ''],
    ['It is a myth that ', ''],
    ['It is wrong that ', ''],
    ['There is no evidence that ', ''],
  ],
  de: [
    ['Es stimmt nicht: ', ''],
    ['Falsch ist: ', ''],
  ],
  es: [
    ['No es cierto que ', ''],
    ['Es falso que ', ''],
  ],
  ru: [
    ['Неверно, что ', ''],
    ['Это неправда, что ', ''],
  ],
  zh: [['', '，这并不属实']],
  hi: [['यह सच नहीं है कि ', '']],
  th: [['ไม่เป็นความจริงที่ว่า', '']],
  ar: [['ليس صحيحا أن ', '']],
  tr: [['', ' demek doğru değildir']],
}

/** The whole sentence denied around it. */
export function denyOtherwise({ sentence, language, random }: Falsifying): string | undefined {
  const chosen = pick(DENYING[language] ?? [], random)
  if (!chosen) return undefined
  const [opening, end] = chosen
  const said = opening === '' ? sentence : `${opening}${uncapitalise(sentence)}`
  return end === '' ? said : said.replace(/([.!?。।]?)$/, `${end}$1`)
}

/** Words that a beginning turns into their opposite, without it. */
const TURNABLE: Readonly<Record<string, readonly (readonly [prefix: string, words: string])[]>> = {
  en: [
    [
      'un',
      'able likely known usual common safe stable treated successful necessary related healthy clear equal fair happy popular aware willing changed limited available important expected',
    ],
    [
      'in',
      'dependent active complete effective direct visible correct sufficient accurate formal secure capable',
    ],
    ['im', 'possible mature perfect mobile pure'],
    ['ir', 'regular reversible relevant rational'],
    ['dis', 'similar advantage agree appear connect honest satisfied'],
    ['non', 'profit fatal linear'],
  ],
  de: [
    [
      'un',
      'möglich bekannt abhängig gleich sicher wichtig klar mittelbar gewöhnlich bekannte abhängige abhängigen',
    ],
  ],
  es: [
    ['in', 'dependiente activo activa completo completa directo directa formal capaz estable suficiente'],
    ['im', 'posible perfecto'],
  ],
  ru: [
    [
      'не',
      'большой большая большие большое известный известная зависимый зависимая зависимость возможно полный',
    ],
  ],
}

/** "Unable" for "able", and the other way round. */
export function turnPrefix({ sentence, language, random }: Falsifying): string | undefined {
  const changes = (TURNABLE[language] ?? []).flatMap(([prefix, words]) =>
    words.split(' ').flatMap((word) => [
      { from: prefix + word, to: word },
      { from: word, to: prefix + word },
    ]),
  )
  const chosen = pick(
    changes.filter(({ from }) => wordPattern(from).test(sentence)),
    random,
  )
  return chosen && capitalise(sentence.replace(wordPattern(chosen.from), chosen.to))
}

const PAIRS: Readonly<Record<string, string>> = {
  en: `success/failure ancient/modern rural/urban native/foreign exports/imports domestic/international friends/enemies
    war/peace birth/death parents/children father/mother husband/wife son/daughter king/queen teacher/student
    summer/winter solid/liquid natural/artificial internal/external victory/defeat majority/minority arrival/departure
    created/destroyed attacked/defended upper/lower wide/narrow deep/shallow thick/thin simple/complex
    temporary/permanent mild/severe benign/malignant adults/children civilian/military voluntary/compulsory
    theory/practice supply/demand employers/workers offensive/defensive single/multiple direct/indirect
    central/peripheral human/animal land/sea conservative/liberal head/foot`,
  de: `Sieg/Niederlage Vater/Mutter Krieg/Frieden Sommer/Winter innere/äußere Stadt/Land Erfolg/Misserfolg
    Mehrheit/Minderheit Sohn/Tochter König/Königin Angriff/Verteidigung tief/flach einfache/komplexe Geburt/Tod`,
  es: `guerra/paz padre/madre verano/invierno éxito/fracaso mayoría/minoría hijo/hija rey/reina nacimiento/muerte
    simple/complejo interior/exterior ataque/defensa victoria/derrota ciudad/campo`,
  ru: `война/мир отец/мать лето/зима победа/поражение сын/дочь большинство/меньшинство рождение/смерть
    простой/сложный внутренний/внешний`,
  zh: '战争/和平 父亲/母亲 夏季/冬季 成功/失败 多数/少数 城市/农村 内部/外部 进口/出口',
  tr: 'savaş/barış baba/anne yaz/kış başarı/başarısızlık',
}

/** One of a pair of opposites for the other. */
export function flipUnlisted({ sentence, language, random }: Falsifying): string | undefined {
  const pairs = (PAIRS[language] ?? '').split(/\s+/).map((pair) => pair.split('/'))
  const changes = pairs.flatMap(([one = '', other = '']) => [
    { from: one, to: other },
    { from: other, to: one },
  ])
  const chosen = pick(
    changes.filter(
      ({ from, to }) => from !== '' && wordPattern(from).test(sentence) && !wordPattern(to).test(sentence),
    ),
    random,
  )
  return chosen && capitalise(sentence.replace(wordPattern(chosen.from), chosen.to))
}
