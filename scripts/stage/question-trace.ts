/** A day of questions to one coach, as people put them: few things asked often, in many wordings. */

export interface TracedQuestion {
  /** What is asked; two questions of one intent have one answer. */
  intent: string
  text: string
  /** Asked within a conversation that it leans on. */
  isFollowUp: boolean
}

interface Aspect {
  name: string
  /** What the material says of it; `*` is the subject, `#` a number of its own. */
  fact: string
  /** Ways to ask for it. */
  wordings: readonly string[]
}

const SUBJECTS =
  `napping, journaling, stretching, meditation, deep breathing, cold showers, evening walks, strength training,
  interval running, slow reading, language practice, piano practice, drawing, gratitude notes, meal planning,
  intermittent fasting, screen breaks, inbox sorting, weekly planning, budget reviews, focus blocks, posture drills,
  balance exercises, foam rolling, swimming laps, hill sprints, rope skipping, vocabulary cards, public speaking,
  declutter rounds, sauna visits, sunlight breaks, herbal tea, protein breakfasts, water intake, sugar cuts,
  caffeine breaks, alcohol breaks, phone curfews, bedtime reading, morning pages, goal reviews, habit stacking,
  silent lunches, desk stretches, wrist care, eye rest, voice warmups, plank holds, squat ladders`
    .split(',')
    .map((subject) => subject.trim())

const ASPECTS: readonly Aspect[] = [
  {
    name: 'duration',
    fact: 'One round of * should take # minutes.',
    wordings: [
      'How long should * take?',
      'how long does * take',
      'For how long should I do *?',
      'Can you tell me how long * should take?',
      'How much time should * take?',
      'how long should * usually take??',
      'What is the right length for *?',
      'minutes for *?',
    ],
  },
  {
    name: 'frequency',
    fact: 'Plan * # times a week.',
    wordings: [
      'How often should I plan *?',
      'how often do i plan *',
      'How frequently should I plan *?',
      'How many times should I plan *?',
      'Please tell me how often I should plan *',
      'hey, how often should one plan *?',
      'Is there a recommended frequency for *?',
    ],
  },
  {
    name: 'time',
    fact: 'The best moment for * is # hours after waking.',
    wordings: [
      'When is the best moment for *?',
      "when's the best moment for *",
      'What time is the best moment for *?',
      'Do you know when the best moment for * is?',
      'When exactly is the ideal moment for *?',
      'Morning or evening for *?',
    ],
  },
  {
    name: 'start',
    fact: 'To start *, put a card with the number # on your door.',
    wordings: [
      'How do I start *?',
      'How can I start with *?',
      'how to start *',
      "What's the best way to start *?",
      'How do I begin *?',
      'Could you explain to me how to start *?',
      'I want to know how to start *',
      'Do you have any tips for starting *?',
      'Where do I begin with *?',
    ],
  },
  {
    name: 'reason',
    fact: 'People stop * because week # feels empty.',
    wordings: [
      'Why do people stop *?',
      'why do people quit *?',
      'How come people stop *?',
      'What is the reason people stop *?',
      'why do so many give up on *?',
    ],
  },
  {
    name: 'missed',
    fact: 'After a missed day of *, come back within # hours.',
    wordings: [
      'What if I miss a day of *?',
      'What happens if I miss a day of *?',
      'what happens when i miss one day of *',
      'What should I do after a missed day of *?',
      'I skipped *, now what?',
    ],
  },
  {
    name: 'cost',
    fact: 'The workbook about * costs # euro.',
    wordings: [
      'How much does the workbook about * cost?',
      'how much is the workbook about *',
      'Can you tell me how much the workbook about * costs?',
      'What is the price of the workbook about *?',
    ],
  },
  {
    name: 'count',
    fact: 'Begin with # rounds of * in the first week.',
    wordings: [
      'How many rounds of * should I do in the first week?',
      'how many rounds of * in the first week?',
      'How many rounds of * do I do in the first week?',
      'Could you tell me how many rounds of * to do in the first week?',
      'rounds of * first week?',
    ],
  },
]

/** Said by people who ask about their own day, and after an answer. */
const FOLLOW_UPS = [
  'And why is that?',
  'what about the weekend?',
  'Can you say it shorter?',
  'and how long is it',
]
const PERSONAL = [
  'I am 45 and slept badly, should I still do *?',
  'My back hurts since Monday. Is * fine?',
  'What did I say my goal for * was?',
]

/** Shares of a day that nothing kept can answer. */
const FOLLOW_UP_SHARE = 0.06
const PERSONAL_SHARE = 0.05
const ODD_SHARE = 0.03

/** Of the law of Zipf: questions to a coach are a little less even than words. */
const EXPONENT = 1.05

interface Intent {
  id: string
  subject: string
  aspect: Aspect
}

const INTENTS: readonly Intent[] = SUBJECTS.flatMap((subject) =>
  ASPECTS.map((aspect) => ({ id: `${subject}/${aspect.name}`, subject, aspect })),
)

/** The material that holds the answers: one document a subject, one paragraph an aspect. */
export function writeMaterial(): { name: string; text: string }[] {
  return SUBJECTS.map((subject, at) => ({
    name: `${subject.replaceAll(' ', '-')}.md`,
    text: [
      `# ${subject}`,
      ...ASPECTS.map(
        ({ name, fact }, aspect) =>
          `## ${name} of ${subject}\n\n${fact.replaceAll('*', subject).replace('#', String(3 + ((at * 7 + aspect * 5) % 53)))}`,
      ),
    ].join('\n\n'),
  }))
}

/** @param random numbers in [0, 1), seeded for a run that can be repeated. */
export function traceQuestions(count: number, random: () => number): TracedQuestion[] {
  const pick = <T>(list: readonly T[]): T => {
    const chosen = list[Math.floor(random() * list.length)]
    if (chosen === undefined) throw new Error('nothing to choose from')
    return chosen
  }
  const ranked = INTENTS.map((intent) => ({ intent, key: random() })).sort((a, b) => a.key - b.key)
  const sums: number[] = []
  for (const rank of ranked.keys()) sums.push((sums.at(-1) ?? 0) + 1 / (rank + 1) ** EXPONENT)
  const drawIntent = (): Intent => {
    const at = random() * (sums.at(-1) ?? 0)
    return ranked[sums.findIndex((sum) => sum > at)]?.intent ?? pick(INTENTS)
  }
  return Array.from({ length: count }, (_, at) => {
    const kind = random()
    if (kind < FOLLOW_UP_SHARE) return { intent: `follow-up/${at}`, text: pick(FOLLOW_UPS), isFollowUp: true }
    const { id, subject, aspect } = drawIntent()
    if (kind < FOLLOW_UP_SHARE + PERSONAL_SHARE) {
      return { intent: `personal/${at}`, text: pick(PERSONAL).replace('*', subject), isFollowUp: false }
    }
    if (kind < FOLLOW_UP_SHARE + PERSONAL_SHARE + ODD_SHARE) {
      return { intent: `odd/${at}`, text: `Which river runs through town ${at}?`, isFollowUp: false }
    }
    return {
      intent: id,
      text: roughen(pick(aspect.wordings).replace('*', subject), random),
      isFollowUp: false,
    }
  })
}

/** As thumbs type: some without capitals, marks or with a word of thanks. */
function roughen(text: string, random: () => number): string {
  const kind = random()
  if (kind < 0.3) return text.toLowerCase().replace(/[?.]+$/, '')
  if (kind < 0.36) return `Hi, ${text.charAt(0).toLowerCase()}${text.slice(1)}`
  if (kind < 0.42) return `${text.replace(/[?.]+$/, '')} please? thanks`
  if (kind < 0.46) return `${text}?`
  return text
}
