/** What English questions are made of, as far as two of them can be told to ask the same. */

/** Ways to ask, in the order they are read: the frame at the left becomes the words at the right. */
export const FRAMES: readonly (readonly [RegExp, string])[] = [
  [/\b(?:can|could|would|will) you (?:please )?(?:tell|explain to|remind|show|help) me\b/g, ' '],
  [/\b(?:i would like|i want|i need|i'd like) to (?:know|understand|find out)\b/g, ' '],
  [/\b(?:do you know|i wonder|i was wondering|i am wondering|please tell me|tell me)\b/g, ' '],
  [/\b(?:quick question|one question|a question|question for you)\b/g, ' '],
  [/\bhow come\b|\bwhat (?:is|are) the reasons?(?: (?:why|that|for))?\b|\bfor what reason\b/g, ' why '],
  [/\b(?:at |from )?what time\b|\bat what hour\b/g, ' when '],
  [/\bhow (?:often|frequently|regularly)\b|\bhow many times\b/g, ' how-often '],
  [/\b(?:for )?how long\b|\bhow much time\b/g, ' how-long '],
  [
    /\bhow (many|much|far|old|big|small|late|early|soon|high|low|hard|fast|deep|heavy|hot|cold)\b/g,
    ' how-$1 ',
  ],
  [
    /\b(?:what|which) (?:is|are|would be) (?:the |a )?(?:best |right |good |proper )?ways? (?:to|of|for)\b/g,
    ' how ',
  ],
  [/\b(?:do you have |give me |are there |any )+(?:any )?(?:tips|advice) (?:to|for|on|about)\b/g, ' how '],
  [/\bhow (?:do|does|can|could|should|would|shall|might) (?:i|we|one|someone|a person|you)\b/g, ' how '],
  [/\bhow (?:best )?to\b/g, ' how '],
  [/\bhow (?:deal|cope) with\b|\bhow (?:handle|manage)\b/g, ' how deal '],
  [/\bwhat (?:can|could|should|do) (?:i|we|you|one) do (?:about|against|for)\b/g, ' how deal '],
  [/\bwhat (?:happens|happen|will happen|would happen) (?:if|when)\b|\bwhat if\b/g, ' what if '],
  [/\b(?:is there|are there|do you (?:have|offer|provide)|can i get|could i get)(?: any)?\b/g, ' exists '],
  [
    /\bis it (?:ok|okay|fine|alright|all right|allowed|possible)(?: for me)?(?: to| if i| if we)?\b/g,
    ' can ',
  ],
  [/\b(?:am i|are we) (?:allowed|able|permitted) to\b|\bmay (?:i|we)\b/g, ' can '],
  [/\b(?:is it|would it be) (?:good|better|wise|a good idea|advisable|recommended) to\b/g, ' should '],
  [/\b(?:do|does) (?:i|we|one) (?:really )?(?:have|need) to\b|\bis it necessary to\b/g, ' must '],
  [/\bwhat (?:do|does|is|are) (.{1,80}?) (?:mean|stand for)\b/g, ' what $1 '],
  [/\bwhat is meant by\b|\bwhat is the (?:meaning|definition) of\b|\bthe definition of\b/g, ' what '],
]

/** How a question asks. Of the last, a model may say either with the same meaning. */
export const ASKING = new Set([
  ...['why', 'when', 'where', 'who', 'whom', 'whose', 'which', 'what', 'how'],
  ...['how-often', 'how-long', 'how-many', 'how-much', 'how-far', 'how-old', 'how-big', 'how-small'],
  ...['how-late', 'how-early', 'how-soon', 'how-high', 'how-low', 'how-hard', 'how-fast', 'how-deep'],
  ...['how-heavy', 'how-hot', 'how-cold'],
])

/** Wanted, allowed, needed: they change a question, save one that asks for a way, a place or a measure. */
export const MODALS: Readonly<Record<string, string>> = {
  can: 'can',
  could: 'can',
  should: 'should',
  ought: 'should',
  shall: 'should',
  must: 'must',
}

/** Said in place of "what" where nothing else asks. */
export const DEFINING = new Set(['define', 'explain', 'describe'])

/** Words that carry no meaning of their own. Those of time, place, order, number and denial are not among them. */
export const EMPTY_WORDS = new Set(
  `a an the is are am be been being was were do does did doing to of in on at for with about as so and
  i me my mine we us our one someone there here it's that's please thanks thank hi hello hey dear ok okay well
  just exactly actually really basically simply maybe perhaps kindly precisely usually normally generally typically
  ever also then would will question`.split(/\s+/),
)

/** Who point at something that is not in the question: it does not stand alone. */
export const POINTING = new Set(
  'he she it they him her them his hers its their theirs this that these those such former latter'.split(' '),
)

/** Before a number these say different things; elsewhere two of them say nothing. */
export const BEFORE_NUMBERS = new Set(['in', 'at', 'for', 'by', 'within', 'of', 'to'])

/** Words of one meaning, whatever the subject: each becomes the first of its row. */
const SAME_WORDS = `
  start begin commence
  stop quit cease
  people person persons
  buy purchase
  phone smartphone mobile cellphone telephone
  often frequently
  best ideal optimal recommended
  need require
  fix repair
  happen occur
  big large
  quick fast rapid
  cause trigger
  minute min
  hour hr
  second sec
  week wk
  kilogram kg kilo
  kilometre kilometer km
  1 one
  2 two
  3 three
  4 four
  5 five
  6 six
  7 seven
  8 eight
  9 nine
  10 ten
  11 eleven
  12 twelve
  15 fifteen
  20 twenty
  30 thirty
  40 forty
  50 fifty
  60 sixty
  90 ninety
  100 hundred
  child children kid kids
  man men
  woman women
  foot feet
  tooth teeth`

export const CANONICAL: ReadonlyMap<string, string> = new Map(
  SAME_WORDS.trim()
    .split('\n')
    .map((row) => row.trim().split(' '))
    .flatMap(([first = '', ...others]) => others.map((word): [string, string] => [word, first])),
)

/** Endings of these are no inflection. */
export const UNINFLECTED = new Set(
  `news aids always yes series species lens this thus less unless plus bus gas was has is us his its as does
  evening morning during nothing something anything everything thing king ring spring string ceiling sibling
  wedding pudding hundred indeed speed need feed seed breed bleed naked sacred diabetes measles rabies herpes
  towards afterwards besides sometimes perhaps mathematics physics ethics`.split(/\s+/),
)
