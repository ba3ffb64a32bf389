/** Two questions that look alike and want different answers, and the paragraph that holds both. */
export interface NearMiss {
  kind: string
  first: string
  second: string
  material: string
}

interface Template {
  kind: string
  /** `*` stands for what the two differ in, `@` for what they share. */
  question: string
  fact: string
  differing: readonly (readonly [string, string])[]
  shared: readonly string[]
}

const FOODS = [
  ['coffee', 'tea'],
  ['bananas', 'avocados'],
  ['white rice', 'brown rice'],
  ['oat milk', 'soy milk'],
  ['almonds', 'walnuts'],
  ['green tea', 'black tea'],
  ['lentils', 'chickpeas'],
  ['fresh juice', 'bottled juice'],
] as const
const CONDITIONS = [
  ['hyperthyroidism', 'hypothyroidism'],
  ['type 1 diabetes', 'type 2 diabetes'],
  ['hepatitis A', 'hepatitis B'],
  ['hypertension', 'hypotension'],
  ['viral meningitis', 'bacterial meningitis'],
  ['arthritis', 'arteritis'],
] as const
const SPORTS = ['a run', 'a swim', 'a workout', 'a long walk', 'yoga', 'a massage', 'an exam', 'bed']

const TEMPLATES: readonly Template[] = [
  {
    kind: 'object',
    question: 'How many cups of * can I have @?',
    fact: 'You can have # cups of * @.',
    differing: FOODS,
    shared: ['a day', 'before noon', 'in a week', 'while travelling', 'on rest days'],
  },
  {
    kind: 'time',
    question: 'Can I eat @ *?',
    fact: 'You can eat @ * if # minutes lie between.',
    differing: SPORTS.map((sport) => [`before ${sport}`, `after ${sport}`] as const),
    shared: ['bananas', 'pasta', 'oats', 'eggs', 'yoghurt', 'dates'],
  },
  {
    kind: 'number',
    question: 'What should I do in week * of the @ course?',
    fact: 'In week * of the @ course do # rounds.',
    differing: [
      ['3', '5'],
      ['1', '10'],
      ['2', '4'],
      ['six', 'seven'],
      ['12', '21'],
      ['8', '80'],
      ['1.5', '15'],
    ],
    shared: ['sleep', 'focus', 'habit', 'running', 'reading', 'breathing'],
  },
  {
    kind: 'unit',
    question: 'Is 20 * of @ enough?',
    fact: '20 * of @ is enough for # people.',
    differing: [
      ['minutes', 'hours'],
      ['mg', 'ml'],
      ['grams', 'kilograms'],
      ['miles', 'kilometres'],
      ['seconds', 'minutes'],
      ['percent', 'pounds'],
      ['days', 'weeks'],
    ],
    shared: ['practice', 'magnesium', 'walking', 'protein', 'rest', 'training'],
  },
  {
    kind: 'denial',
    question: 'Should I * @ on rest days?',
    fact: 'On rest days the guide says to * @ for # days.',
    differing: [
      ['do', 'not do'],
      ['keep', 'never keep'],
      ['train with', 'train without'],
      ['avoid', 'add'],
    ],
    shared: ['stretching', 'cold showers', 'weights', 'journaling', 'long walks', 'screens', 'coffee'],
  },
  {
    kind: 'way of asking',
    question: '* should I plan @?',
    fact: '* to plan @: the number is #.',
    differing: [
      ['When', 'How often'],
      ['How long', 'When'],
      ['Why', 'When'],
      ['Where', 'Why'],
      ['How long', 'How often'],
      ['How', 'Why'],
    ],
    shared: ['a weekly review', 'a focus block', 'a nap', 'the evening shutdown', 'a long run', 'a fast'],
  },
  {
    kind: 'direction',
    question: 'How do I move @ *?',
    fact: 'To move @ * takes # weeks.',
    differing: [
      ['from mornings to evenings', 'from evenings to mornings'],
      ['from coffee to tea', 'from tea to coffee'],
      ['from paper to phone', 'from phone to paper'],
      ['into the garden', 'out of the garden'],
      ['up a rung', 'down a rung'],
    ],
    shared: ['my habit', 'a reading habit', 'the tracking', 'planning time', 'the ritual'],
  },
  {
    kind: 'cause',
    question: 'Does * @?',
    fact: 'In # of 100 people * @.',
    differing: [
      ['stress cause poor sleep', 'poor sleep cause stress'],
      ['boredom lead to snacking', 'snacking lead to boredom'],
      ['pain follow tension', 'tension follow pain'],
      ['mood affect appetite', 'appetite affect mood'],
      ['sugar feed tiredness', 'tiredness feed sugar'],
    ],
    shared: ['in winter', 'at work', 'in old age', 'after a flight', 'during exams', 'at night'],
  },
  {
    kind: 'duty',
    question: '* I @ during the programme?',
    fact: '* during the programme: @ on day #.',
    differing: [
      ['Can', 'Must'],
      ['Should', 'Can'],
      ['Must', 'Should'],
      ['When can', 'When must'],
    ],
    shared: [
      'drink wine',
      'travel',
      'skip a lesson',
      'take naps',
      'weigh food',
      'use a tracker',
      'invite a friend',
    ],
  },
  {
    kind: 'amount',
    question: 'What helps with * sleep than @?',
    fact: 'With * sleep than @ try exercise #.',
    differing: [
      ['more', 'less'],
      ['later', 'earlier'],
      ['deeper', 'lighter'],
      ['longer', 'shorter'],
    ],
    shared: ['8 hours', 'last month', 'planned', 'usual', 'my partner', 'needed'],
  },
  {
    kind: 'place in a row',
    question: 'What is the * step of the @ method?',
    fact: 'The * step of the @ method takes # minutes.',
    differing: [
      ['first', 'last'],
      ['second', 'third'],
      ['next', 'previous'],
      ['easiest', 'hardest'],
    ],
    shared: ['doorstep', 'ladder', 'receipt', 'shutdown', 'unblock', 'comma'],
  },
  {
    kind: 'name',
    question: 'What does * say about @?',
    fact: '* says about @: rule #.',
    differing: [
      ['Nell Varga', 'Nora Varga'],
      ['Dr. Aydin', 'Dr. Azzam'],
      ['the Stanford guide', 'the Harvard guide'],
      ['chapter A', 'chapter B'],
      ['Ana', 'Anna'],
      ['iOS 17', 'iOS 18'],
    ],
    shared: ['naps', 'caffeine', 'streaks', 'phones', 'cravings', 'deadlines', 'jet lag'],
  },
  {
    kind: 'medical name',
    question: '@ *?',
    fact: '@ *: see page #.',
    differing: CONDITIONS,
    shared: [
      'What are the symptoms of',
      'How is it that people get',
      'What are the treatments for',
      'What causes',
      'Who is at risk of',
      'How can I prevent',
    ],
  },
  {
    kind: 'for whom',
    question: 'How long should @ be for *?',
    fact: 'For * @ should be # minutes.',
    differing: [
      ['children', 'adults'],
      ['beginners', 'athletes'],
      ['shift workers', 'office workers'],
      ['pregnant women', 'older women'],
      ['cats', 'dogs'],
      ['mothers', 'fathers'],
    ],
    shared: ['a nap', 'a focus block', 'a warm-up', 'a fast', 'a cold shower', 'a screen break'],
  },
  {
    kind: 'further word',
    question: 'How do I track @*?',
    fact: 'Track @* with sheet #.',
    differing: [
      ['', ' without a phone'],
      ['', ' with two people'],
      ['', ' at night'],
      ['', ' for a child'],
    ],
    shared: ['a habit', 'sleep', 'mood', 'water', 'screen time', 'a streak'],
  },
]

/** Pairs of every kind in turn, in an order that the seed decides. */
export function listNearMisses(count: number, random: () => number): NearMiss[] {
  const byKind = TEMPLATES.map((template) =>
    template.shared
      .flatMap((shared) => template.differing.map((pair) => fill(template, shared, pair)))
      .map((miss) => ({ miss, key: random() }))
      .sort((a, b) => a.key - b.key)
      .map(({ miss }) => (random() < 0.5 ? miss : { ...miss, first: miss.second, second: miss.first })),
  )
  const longest = Math.max(...byKind.map((list) => list.length))
  const rows = Array.from({ length: longest }, (_, at) => byKind.flatMap((list) => list[at] ?? []))
  return rows.flat().slice(0, count)
}

function fill(
  { kind, question, fact }: Template,
  shared: string,
  [one, other]: readonly [string, string],
): NearMiss {
  const put = (text: string, differing: string, number: number) =>
    text.replace('*', differing).replace('@', shared).replace('#', String(number))
  const seed = (shared.length * 7 + one.length * 3) % 40
  return {
    kind,
    first: put(question, one, 0),
    second: put(question, other, 0),
    material: `${put(fact, one, seed + 3)} ${put(fact, other, seed + 9)}`,
  }
}
