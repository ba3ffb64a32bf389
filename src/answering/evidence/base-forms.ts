/** English words whose forms no rule gives, each before its forms; those spelled alike are left out. */
const IRREGULAR = `
go went gone|do did done|make made|take took taken|get got gotten|give gave given|come came|say said|tell told|feel felt
leave left|keep kept|sleep slept|eat ate eaten|drink drank drunk|run ran|buy bought|bring brought|think thought|pay paid
lose lost|meet met|send sent|spend spent|write wrote written|speak spoke spoken|break broke broken|fall fell fallen
grow grew grown|know knew known|see saw seen|hear heard|hold held|sell sold|teach taught|catch caught|forget forgot
forget forgotten|wake woke woken|wear wore worn|swim swam swum|ride rode ridden|choose chose chosen|begin began begun
lie lay lain|sing sang sung|stand stood|understand understood|lend lent|build built|win won|sit sat|drive drove driven
fly flew flown|throw threw thrown|draw drew drawn|rise rose risen|steal stole stolen|bend bent|bleed bled|bite bitten
feed fed|fight fought|find found|freeze froze frozen|hide hid hidden|lead led|light lit|seek sought|shake shook shaken
shoot shot|sink sank sunk|stick stuck|sweep swept|swing swung|tear tore torn|wind wound|child children|foot feet
tooth teeth|man men|woman women|mouse mice|person people|knife knives|half halves|leaf leaves|life lives|wife wives
shelf shelves|loaf loaves|calf calves|good better best|bad worse worst`

const IRREGULAR_FORMS: ReadonlyMap<string, string> = new Map(
  IRREGULAR.trim()
    .split(/[|\n]/)
    .map((line) => line.split(' '))
    .flatMap(([base = '', ...forms]) => forms.map((form): [string, string] => [form, base])),
)

/** An ending, and what stands in its place in the word itself. */
const ENDINGS: readonly (readonly [ending: string, base: string])[] = [
  ...(['ies', 'ied', 'ier'] as const).map((ending) => [ending, 'y'] as const),
  ...(['es', 's', 'ed', 'ing', 'er', 'est'] as const).map((ending) => [ending, ''] as const),
  ...(['ed', 'ing', 'er'] as const).map((ending) => [ending, 'e'] as const),
]

/** A shorter rest is another word: "sing" is no form of "s". */
const SHORTEST_BASE = 3

/**
 * The words that an English word may be a form of, itself among them: "stopped" of "stop", "running" of "run".
 *
 * @param isWord tells words from what only looks like one.
 */
export function findBaseForms(word: string, isWord: (form: string) => boolean): string[] {
  const forms = new Set([word, IRREGULAR_FORMS.get(word) ?? word])
  for (const [ending, base] of ENDINGS) {
    if (!word.endsWith(ending)) continue
    const rest = word.slice(0, -ending.length)
    if (rest.length < SHORTEST_BASE) continue
    forms.add(rest + base)
    if (rest.at(-1) === rest.at(-2)) forms.add(rest.slice(0, -1))
  }
  return [...forms].filter(isWord)
}
