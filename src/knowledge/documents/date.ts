/** What a Document says of its own age. */
export interface DatedText {
  /** Its name in the base: a path or a file's name. */
  name: string
  title: string
  /** How its text begins. */
  head: string
}

/** Of the text's beginning, in characters: behind it a date is what the text speaks about. */
export const DATED_HEAD_CHARS = 800

/**
 * The day a Document gives itself, as YYYY-MM-DD: a labelled date at its head ("Updated: …", "gültig ab …",
 * `lastmod:` of a front matter), else a date or year in its name or title. A year or month alone stands for its
 * first day. Only order matters: this is what tells a list of prices from the one that replaced it.
 *
 * @param now dates later than the next year are no dates.
 * @returns undefined when nothing tells.
 */
export function findDocumentDate({ name, title, head }: DatedText, now: Date): string | undefined {
  const candidates = [...labelledDates(head.slice(0, DATED_HEAD_CHARS)), ...[name, title].map(dateInName)]
  return candidates.find((date) => date !== undefined && isPlausible(date, now))
}

/** True for a name that says that something newer has taken its place: "prices-old.pdf". */
export function isNamedOutdated(name: string): boolean {
  return OUTDATED.test(name)
}

const OUTDATED =
  /(?<!\p{L})(?:old|outdated|obsolete|archived?|superseded|alt|veraltet|archiv|antiguo|obsoleto|ancien|périmé|vecchio|antigo|устарел\p{L}*|архив|eski)(?!\p{L})/iu

/** The languages whose months are known by name, in a date and alone. */
const MONTH_LANGUAGES = ['en', 'de', 'es', 'fr', 'pt', 'it', 'nl', 'ru', 'tr', 'pl']

/** Asking for their names takes longer than reading a document's head does: it is done for the first. */
let months: Map<string, number> | undefined

function findMonth(word: string): number | undefined {
  months ??= listMonths()
  return months.get(word.toLowerCase())
}

const listMonths = () =>
  new Map(
    MONTH_LANGUAGES.flatMap((language) =>
      Array.from({ length: 12 }, (_, month) => {
        const day = new Date(Date.UTC(2024, month, 1))
        const written = [
          { month: 'long' } as const,
          { month: 'long', day: 'numeric' } as const,
          { month: 'short' } as const,
        ].map((format) =>
          new Intl.DateTimeFormat(language, { ...format, timeZone: 'UTC' })
            .formatToParts(day)
            .filter(({ type }) => type === 'month')
            .map(({ value }) => value.toLowerCase().replace(/\.$/, ''))
            .join(''),
        )
        return written.map((word): [string, number] => [word, month + 1])
      }).flat(),
    ),
  )

/** How a text says that a date is its own, and no farther before it than this. */
const LABEL =
  /(?:^|[^\p{L}])(?:last[ _-]?mod(?:ified)?|last (?:update|change|revis)\p{L}*|updated?|revised|date|as of|valid (?:from|since|as of)|effective(?: from| as of)?|in force (?:from|since)|published|version of|stand|gültig (?:ab|seit)|aktualisiert|zuletzt geändert|datum|actualizado|válid[oa] desde|vigente desde|fecha|mis à jour|valable (?:dès|à partir)|aggiornato|valid[oa] dal|atualizado|bijgewerkt|geldig vanaf|обновлено|действу\p{L}+ с|дата|güncelle\p{L}*)(?![\p{L}\p{N}])(?<rest>[^\n]{4,60})/giu

/** Words a label may be parted from its date by: "Updated on the 3rd". */
const WORDS_BETWEEN = 3

function* labelledDates(head: string): Generator<string | undefined> {
  for (const { groups } of head.matchAll(LABEL)) {
    const rest = groups?.rest ?? ''
    const starts = [...rest.matchAll(/[\p{L}\p{N}]+/gu)].slice(0, WORDS_BETWEEN + 1)
    for (const { index } of starts) yield readDate(rest.slice(index), FORMS)
  }
}

const ISO = /^(?<year>\d{4})[-/.](?<month>\d{1,2})(?:[-/.](?<day>\d{1,2}))?(?!\d)/
const DAY_FIRST = /^(?<day>\d{1,2})\.(?<month>\d{1,2})\.(?<year>\d{4})(?!\d)/
const DAY_NAMED =
  /^(?<day>\d{1,2})(?:st|nd|rd|th|er|º|\.)?\s+(?:de\s+)?(?<word>\p{L}+)\.?,?\s+(?:de\s+)?(?<year>\d{4})(?!\d)/u
const MONTH_NAMED =
  /^(?<word>\p{L}+)\.?\s+(?:(?<day>\d{1,2})(?:st|nd|rd|th)?,?\s+)?(?:de\s+)?(?<year>\d{4})(?!\d)/u
const YEAR = /^(?<year>(?:19|20)\d{2})(?!\d)/

const FORMS = [ISO, DAY_FIRST, DAY_NAMED, MONTH_NAMED]

function readDate(text: string, forms: RegExp[]): string | undefined {
  for (const form of forms) {
    const found = form.exec(text)?.groups
    if (!found) continue
    const month = found.word === undefined ? Number(found.month ?? 1) : findMonth(found.word)
    if (month !== undefined) return writeDate(Number(found.year), month, Number(found.day ?? 1))
  }
  return undefined
}

/** "call-2024-03-14.vtt", "Preise 2024", "Plan March 2024", "2024_03 plan": the last counts, as in "2023-2024". */
function dateInName(name: string): string | undefined {
  const spelled = name.replace(/[_-]+(?=\p{L})|(?<=\p{L})[_-]+/gu, ' ').replaceAll('_', '-')
  const starts = [...spelled.matchAll(/(?<![\p{L}\p{N}])[\p{L}\p{N}]/gu)].map(({ index }) =>
    spelled.slice(index),
  )
  const dates = (forms: RegExp[]) =>
    starts.map((text) => readDate(text, forms)).findLast((date) => date !== undefined)
  return dates(FORMS) ?? dates([YEAR])
}

function writeDate(year: number, month: number, day: number): string | undefined {
  const date = new Date(Date.UTC(year, month - 1, day))
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day
    ? date.toISOString().slice(0, 10)
    : undefined
}

function isPlausible(date: string, now: Date): boolean {
  const year = Number(date.slice(0, 4))
  return year >= 1970 && year <= now.getUTCFullYear() + 1
}
