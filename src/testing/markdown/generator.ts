/**
 * A Markdown answer as a model might write it, and worse: code, tables, nested
 * lists, links, right-to-left text, emoji families, citation markers, markers
 * without a partner, HTML, words of thousands of letters. The same seed gives
 * the same answer; one in forty has about 20,000 characters. None is empty.
 */
export function generateMarkdown(seed: number): string {
  const dice = createDice(seed)
  const target = seed % 40 === 7 ? 20_000 : dice.below(4) === 0 ? 6_000 : 200 + dice.below(2_000)
  const blocks: string[] = [writeParagraph(dice)]
  let length = blocks[0]?.length ?? 0
  while (length < target) {
    const block = dice.pick(BLOCKS)(dice)
    blocks.push(block)
    length += block.length + 2
  }
  if (dice.below(30) === 0) blocks.push('```ts\nconst unfinished = true')
  return blocks.join('\n\n').slice(0, 20_000)
}

interface Dice {
  below(bound: number): number
  pick<T>(choices: readonly T[]): T
  /** From `low` to `high` results, both included. */
  repeat<T>(low: number, high: number, make: (index: number) => T): T[]
}

/** mulberry32: small, fast and the same everywhere. */
function createDice(seed: number): Dice {
  let state = seed >>> 0
  function below(bound: number): number {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound
  }
  function pick<T>(choices: readonly T[]): T {
    const choice = choices[below(choices.length)]
    if (choice === undefined) throw new RangeError('nothing to pick from')
    return choice
  }
  return {
    below,
    pick,
    repeat: (low, high, make) =>
      Array.from({ length: low + below(high - low + 1) }, (_, index) => make(index)),
  }
}

const WORDS = [
  'habit sleep focus breathe walk morning water light evening practice rest plan small steady begin',
  'Gewohnheit Schlaf Übung früh Straße müde größer Ziel jeden Tag langsam',
  'عادة نوم تركيز صباح ماء خطوة صغيرة كل يوم',
  'הרגל שינה בוקר מים צעד קטן כל יום',
  'आदत नींद सुबह पानी छोटा कदम रोज़',
  '習慣は小さく始める 睡眠 集中 朝 水 練習',
  'นิสัย การนอน ตอนเช้า น้ำ ก้าวเล็กๆ',
  '👨‍👩‍👧‍👦 🏳️‍🌈 🇩🇪🇫🇷 👍🏽 ❤️ 🧘🏿‍♀️ e\u0301 Z\u0351\u036b\u0343a\u0323\u0308lgo',
].map((line) => line.split(' '))

const ODDITIES = [
  ...['snake_case_name', '2*3*4', '5 * 3', '__init__', '*', '_', '~~', '`', '**', '[', ']('],
  ...[
    '\\*not bold\\*',
    '\\_plain\\_',
    '&amp;',
    '&lt;b&gt;',
    '<b>loud</b>',
    '<script>x()</script>',
    '<!-- c -->',
  ],
  ...['a < b > c', '$5', '#tag', '1) no list', '100%', 'e.g.', '[link](javascript:x)', '![](x)', '***', '||'],
  ...[
    'https://example.org/a_b_c?q=*x*',
    'www.example.org',
    'me@example.org',
    '/start',
    '@someone',
    '¯\\_(ツ)_/¯',
  ],
]

function writeWords(dice: Dice, low: number, high: number): string {
  const words = dice.pick(WORDS)
  return dice.repeat(low, high, () => dice.pick(words)).join(' ')
}

const INLINES: ((dice: Dice) => string)[] = [
  (dice) => writeWords(dice, 3, 12),
  (dice) => writeWords(dice, 3, 12),
  (dice) => `${writeWords(dice, 2, 6)} [${1 + dice.below(5)}]`,
  (dice) => `${writeWords(dice, 2, 6)} [${1 + dice.below(5)}][${1 + dice.below(5)}]`,
  (dice) => `**${writeWords(dice, 1, 4)}**`,
  (dice) => `*${writeWords(dice, 1, 4)}*`,
  (dice) => `~~${writeWords(dice, 1, 3)}~~`,
  (dice) => `***${writeWords(dice, 1, 3)}***`,
  (dice) => `**${writeWords(dice, 1, 2)} *${writeWords(dice, 1, 2)}* \`x = ${dice.below(9)}\`**`,
  (dice) => `\`${dice.pick(['npm test', 'a*b', 'x_1', 'f(y)', '~/bin'])}\``,
  (dice) => `[${writeWords(dice, 1, 3)}](https://example.org/${dice.below(99)}?a=1&b=2)`,
  (dice) => `[**${writeWords(dice, 1, 2)}**](https://example.org/(${dice.below(9)}))`,
  (dice) => `![${writeWords(dice, 1, 2)}](https://example.org/${dice.below(99)}.png "title")`,
  (dice) => dice.pick(ODDITIES),
]

function writeInline(dice: Dice, low: number, high: number): string {
  const pieces = dice.repeat(low, high, () => dice.pick(INLINES)(dice))
  return pieces.join(dice.below(3) === 0 ? '. ' : ' ')
}

function writeParagraph(dice: Dice): string {
  const lines = dice.repeat(1, 3, () => writeInline(dice, 2, 8))
  return `${writeWords(dice, 1, 3)} ${lines.join(dice.pick(['\n', '  \n', ' ']))}`
}

const BLOCKS: ((dice: Dice) => string)[] = [
  writeParagraph,
  writeParagraph,
  (dice) => `${'#'.repeat(1 + dice.below(6))} ${writeInline(dice, 1, 2)}`,
  (dice) => writeList(dice, 0),
  (dice) => writeList(dice, 0),
  writeCode,
  writeTable,
  writeQuote,
  (dice) =>
    dice.pick([
      '---',
      '***',
      '<div>\n<p>block *html*</p>\n</div>',
      '    indented code',
      '- [ ] open\n- [x] done',
    ]),
  (dice) => dice.pick(['*', '_', '`', '~', '[', '<', '> ', '- ', '(', '|', '\\', 'é']).repeat(dice.below(60)),
  writeMonster,
]

function writeList(dice: Dice, depth: number): string {
  const isOrdered = dice.below(2) === 0
  const start = dice.pick([1, 1, 1, 7, 98])
  const gap = dice.below(5) === 0 ? '\n\n' : '\n'
  const items = dice.repeat(1, 5, (index) => {
    const marker = isOrdered ? `${start + index}. ` : '- '
    const inner = depth < 4 && dice.below(4) === 0 ? `\n${writeList(dice, depth + 1)}` : ''
    const code = dice.below(12) === 0 ? `\n${writeCode(dice)}` : ''
    return marker + indent(writeInline(dice, 1, 3) + inner + code, marker.length)
  })
  return items.join(gap)
}

function indent(text: string, width: number): string {
  return text.replaceAll('\n', `\n${' '.repeat(width)}`)
}

function writeCode(dice: Dice): string {
  const lines = dice.repeat(1, 60, () =>
    dice.pick([
      ...[
        'const a = b * c * d',
        '  return `x`',
        'def __init__(self):',
        '# not a *heading*',
        '',
        '\tif (a < b) {',
      ],
      ...['| not | a table |', '> no quote', '- no list', '}', '日本語のコメント', '// مرحبا', 'emoji 👩‍💻'],
    ]),
  )
  const fence = dice.pick(['```', '~~~'])
  return `${fence}${dice.pick(['', 'ts', 'python'])}\nx = 1\n${lines.join('\n')}\n${fence}`
}

function writeTable(dice: Dice): string {
  const columns = 1 + dice.below(5)
  const isWide = dice.below(2) === 0
  const cell = () => (isWide ? writeInline(dice, 1, 3) : writeWords(dice, 1, 1)).replace(/[\n|]+/g, ' ')
  const row = () => `| ${Array.from({ length: columns }, cell).join(' | ')} |`
  const rule = `|${' :--: |'.repeat(columns)}`
  return [row(), rule, ...dice.repeat(0, 8, row)].join('\n')
}

function writeQuote(dice: Dice): string {
  const inner = dice.pick([
    writeParagraph,
    writeParagraph,
    (it: Dice) => writeList(it, 2),
    writeQuoteInQuote,
  ])(dice)
  return `> ${inner.replaceAll('\n', '\n> ')}`
}

function writeQuoteInQuote(dice: Dice): string {
  return `${writeWords(dice, 2, 5)}\n\n> ${writeWords(dice, 2, 9)}`
}

/** What no model should write, and some day does. */
function writeMonster(dice: Dice): string {
  switch (dice.below(8)) {
    case 0:
      return 'abc'.repeat(300 + dice.below(1_500))
    case 1:
      return '👨‍👩‍👧‍👦'.repeat(50 + dice.below(500))
    case 2:
      return `**${writeWords(dice, 200, 900)}**`
    case 3:
      return `a${'\u0301'.repeat(dice.below(80))}b`
    case 4:
      return `${'> '.repeat(dice.below(40))}deep`
    case 5:
      return `null \u0000 bell \u0007 \u202Ereversed\u202C \uD800 \u2028 end`
    case 6:
      return `[x](https://example.org/${'y'.repeat(dice.below(2_500))})`
    default:
      return '習慣は小さく始めると長く続きます。'.repeat(dice.below(200))
  }
}
