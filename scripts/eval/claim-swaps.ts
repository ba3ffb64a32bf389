/** A word and what takes its place. */
export type Swap = readonly [from: RegExp, to: string]

export const MONTHS = [
  ['January', 'February', 'March', 'April', 'June', 'July', 'August', 'September', 'October', 'November'],
  ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'],
  ['Januar', 'Februar', 'März', 'Juni', 'Juli', 'Oktober', 'Dezember'],
  ['enero', 'febrero', 'marzo', 'abril', 'junio', 'julio', 'agosto', 'octubre', 'diciembre'],
]

export const UNITS = [
  ['seconds', 'minutes', 'hours', 'days', 'weeks', 'months', 'years'],
  ['kg', 'grams', 'pounds'],
  ['euro', 'dollars', 'pounds'],
  ['metres', 'kilometres', 'miles', 'feet'],
  ['million', 'billion', 'thousand'],
  ['Sekunden', 'Minuten', 'Stunden', 'Tage', 'Wochen', 'Monate', 'Jahre'],
  ['segundos', 'minutos', 'horas', 'días', 'semanas', 'meses', 'años'],
  ['минут', 'часов', 'дней', 'недель', 'месяцев', 'лет'],
]

/** Makes a sentence deny what it says. */
export const NEGATING: Readonly<Record<string, readonly Swap[]>> = {
  en: [
    [/\b(is|are|was|were|can|could|will|would|should|must|may|does|did|has|have|had)\b(?! not)/, '$1 not'],
  ],
  de: [[/(?<!\p{L})(ist|sind|war|waren|wird|werden|kann|hat|haben)(?!\p{L})(?! nicht| kein)/u, '$1 nicht']],
  es: [[/(?<!\p{L})(es|son|fue|fueron|era|puede|tiene|ha|han|está|hay)(?!\p{L})/u, 'no $1']],
  ru: [[/(?<!\p{L})(был[аои]?|является|может|имеет|стал[аои]?)(?!\p{L})/u, 'не $1']],
  zh: [
    [/(?<!不)是/, '不是'],
    [/(?<![没具])有/, '没有'],
  ],
  hi: [[/ (है|हैं|था|थे|थी)(?=[\s।,]|$)/u, ' नहीं $1']],
  th: [[/(?<!ไม่)เป็น/, 'ไม่เป็น']],
  ar: [[/(?<!\p{L})(كان|كانت|يمكن|تم)(?!\p{L})/u, 'لم $1']],
  tr: [[/(?<!\p{L})(var|vardır)(?!\p{L})/u, 'yok']],
}

/** Makes a sentence that denies say it. */
export const NEGATIVE: Readonly<Record<string, readonly Swap[]>> = {
  en: [
    [/\b(?:do|does|did) not /, ''],
    [/ not\b(?! only)/, ''],
    [/\bnever /, ''],
    [/\b[Nn]o (?=[a-z]+)/, ''],
    [/\bwithout\b/, 'with'],
  ],
  de: [
    [/ nicht(?!\p{L})(?! nur)/u, ''],
    [/(?<!\p{L})([Kk])ein(?=(?:e[nmrs]?)?(?!\p{L}))/u, 'ein'],
  ],
  es: [[/(?<!\p{L})no (?!solo)/iu, '']],
  ru: [[/(?<!\p{L})не (?!только)/iu, '']],
  zh: [
    [/没有/, '有'],
    [/不(?=[是能会可])/, ''],
  ],
  hi: [[/ नहीं/u, '']],
  th: [[/ไม่/, '']],
  ar: [[/(?<!\p{L})(?:لم|لا) /u, '']],
}

export const FLIPS: Readonly<
  Record<'quantifier' | 'modality' | 'antonym', Readonly<Record<string, readonly (readonly string[])[]>>>
> = {
  quantifier: {
    en: [
      ['some', 'all'],
      ['many', 'few'],
      ['most', 'all'],
      ['always', 'sometimes'],
      ['often', 'always'],
      ['usually', 'never'],
      ['every', 'no'],
      ['rarely', 'often'],
      ['at least', 'at most'],
    ],
    de: [
      ['einige', 'alle'],
      ['viele', 'wenige'],
      ['oft', 'immer'],
      ['meist', 'nie'],
      ['höchstens', 'mindestens'],
    ],
    es: [
      ['algunos', 'todos'],
      ['muchos', 'pocos'],
      ['siempre', 'nunca'],
      ['algunas', 'todas'],
    ],
    ru: [
      ['некоторые', 'все'],
      ['часто', 'всегда'],
      ['многие', 'немногие'],
    ],
  },
  modality: {
    en: [
      ['may', 'must'],
      ['can', 'must'],
      ['should', 'may'],
      ['must', 'need not'],
      ['might', 'must'],
    ],
    de: [
      ['kann', 'muss'],
      ['können', 'müssen'],
    ],
    es: [
      ['puede', 'debe'],
      ['pueden', 'deben'],
    ],
    ru: [['может', 'должен']],
  },
  antonym: {
    en: [
      ['increase', 'decrease'],
      ['increased', 'reduced'],
      ['increases', 'reduces'],
      ['before', 'after'],
      ['more', 'less'],
      ['higher', 'lower'],
      ['high', 'low'],
      ['large', 'small'],
      ['larger', 'smaller'],
      ['first', 'last'],
      ['north', 'south'],
      ['northern', 'southern'],
      ['east', 'west'],
      ['eastern', 'western'],
      ['early', 'late'],
      ['long', 'short'],
      ['left', 'right'],
      ['good', 'bad'],
      ['better', 'worse'],
      ['positive', 'negative'],
      ['major', 'minor'],
      ['began', 'ended'],
      ['above', 'below'],
      ['begin', 'stop'],
      ['strong', 'weak'],
      ['won', 'lost'],
      ['male', 'female'],
      ['open', 'closed'],
      ['public', 'private'],
      ['gained', 'lost'],
      ['up', 'down'],
      ['causes', 'prevents'],
      ['common', 'rare'],
      ['old', 'new'],
      ['acute', 'chronic'],
      ['easy', 'difficult'],
      ['rich', 'poor'],
      ['allowed', 'forbidden'],
      ['morning', 'evening'],
      ['accepted', 'rejected'],
      ['inside', 'outside'],
    ],
    de: [
      ['vor', 'nach'],
      ['mehr', 'weniger'],
      ['höher', 'niedriger'],
      ['größer', 'kleiner'],
      ['große', 'kleine'],
      ['erste', 'letzte'],
      ['ersten', 'letzten'],
      ['Norden', 'Süden'],
      ['nördlich', 'südlich'],
      ['östlich', 'westlich'],
      ['hohe', 'niedrige'],
      ['neue', 'alte'],
      ['begann', 'endete'],
      ['besser', 'schlechter'],
      ['früher', 'später'],
    ],
    es: [
      ['antes', 'después'],
      ['más', 'menos'],
      ['mayor', 'menor'],
      ['primera', 'última'],
      ['primer', 'último'],
      ['norte', 'sur'],
      ['este', 'oeste'],
      ['grande', 'pequeño'],
      ['alto', 'bajo'],
      ['mejor', 'peor'],
      ['nuevo', 'viejo'],
      ['aumento', 'descenso'],
    ],
    ru: [
      ['до', 'после'],
      ['больше', 'меньше'],
      ['более', 'менее'],
      ['первый', 'последний'],
      ['северной', 'южной'],
      ['восточной', 'западной'],
      ['высокий', 'низкий'],
    ],
    zh: [
      ['增加', '减少'],
      ['之前', '之后'],
      ['最大', '最小'],
      ['北部', '南部'],
      ['东部', '西部'],
      ['第一', '最后'],
    ],
  },
}

/** What no passage says. */
export const ADDITIONS: Readonly<Record<string, readonly string[]>> = {
  en: [
    ', and it costs 20 euro',
    ', which doctors recommend to everybody',
    ' and protects the skin from ageing',
    ', as the tax office confirmed in writing',
    ' while it doubles the appetite of elephants',
    ', and an app for this is free of charge',
  ],
  de: [
    ', und es kostet 20 Euro',
    ', was Ärzte allen empfehlen',
    ' und schützt die Haut vor dem Altern',
    ', wie das Finanzamt schriftlich bestätigte',
  ],
  es: [
    ', y cuesta 20 euros',
    ', lo que los médicos recomiendan a todos',
    ' y protege la piel del envejecimiento',
    ', como confirmó la oficina de impuestos',
  ],
  ru: [', и это стоит 20 евро', ', что врачи рекомендуют каждому', ' и защищает кожу от старения'],
  zh: [',而且费用是20欧元', ',医生向每个人推荐它', ',还能保护皮肤防止衰老'],
  hi: [' और इसकी कीमत 20 यूरो है', ' और यह त्वचा को बुढ़ापे से बचाता है'],
  th: [' และมีราคา 20 ยูโร', ' และช่วยปกป้องผิวจากความแก่'],
  ar: ['، ويكلف 20 يورو', '، ويحمي الجلد من الشيخوخة'],
  tr: [' ve 20 avroya mal olur', ' ve cildi yaşlanmaya karşı korur'],
}
