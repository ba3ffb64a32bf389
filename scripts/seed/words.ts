/** What seeded people ask and bots say: plain sentences whose words stem to themselves or nearly so. */

export const TOPICS = [
  'sleep',
  'habit',
  'focus',
  'walk',
  'water',
  'rest',
  'plan',
  'goal',
  'breath',
  'stress',
  'food',
  'run',
  'read',
  'work',
  'mood',
  'calm',
  'start',
  'stop',
  'week',
  'day',
] as const

export const QUESTIONS = [
  'How do I begin when I am tired in the evening?',
  'What do I do after a day on which I skipped my walk?',
  'Is it better to plan the week on Sunday or on Monday?',
  'How much water should stand on my desk?',
  'I lose focus after lunch. What helps?',
  'How long does it take until a habit feels easy?',
  'What is the smallest step you would take today?',
  'Can I read in bed, or is that bad for my sleep?',
  'My mood was low all week. Where do I start?',
  'How do I stop looking at my phone at night?',
  'What should I write down in the evening?',
  'Does a short rest at noon count?',
] as const

export const SENTENCES = [
  'Start so small that you cannot say no to it, and do it at the same place every day.',
  'A plan for a bad day is worth more than a plan for a good one.',
  'Put the glass of water where you will see it before the phone.',
  'Rest is a part of the work and not the prize for it.',
  'Walk for five minutes first; after that you may stop, and most people walk on.',
  'Write one line about what went well, and one about what you will do about the rest.',
  'When you skip a day, the next one counts double: never skip twice.',
  'Breathe out for longer than you breathe in, ten times, before you decide anything.',
  'A goal says where to; a habit says how. You can only do the second one today.',
  'Dim the light an hour before sleep and leave the phone in another room.',
  'Focus comes back faster when you get up than when you force it.',
  'Read your plan aloud on Monday and cross out a third of it.',
] as const

/** What the material does not answer. */
export const GAPS = [
  'Do you offer a group course in the spring?',
  'Which app do you use for the list of habits?',
  'Can I get an invoice for my company?',
  'Is this safe during pregnancy?',
  'What do you think about cold showers?',
  'How do I combine this with night shifts?',
  'Which book should I read first?',
  'Does it work for children of six years?',
] as const

export const NAMES = [
  'Ada',
  'Ben',
  'Chidi',
  'Dana',
  'Elif',
  'Femi',
  'Grete',
  'Hugo',
  'Ines',
  'Jonas',
  'Kaya',
  'Leo',
  'Mira',
  'Noor',
  'Olga',
  'Pavel',
  'Quinn',
  'Rosa',
  'Sami',
  'Tara',
] as const
