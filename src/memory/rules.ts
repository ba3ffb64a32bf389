import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { z } from 'zod'
import { AppError } from '../errors.ts'
import { sentencesOf } from '../knowledge/words/sentences.ts'
import { cleanStatement, type MemoryKind, type Statement } from './statement.ts'

const words = z.array(z.string().min(1))

/** What a language's section of `prompts/memory.yaml` says. */
const RuleSet = z.strictObject({
  self: words,
  unless: words,
  not_names: words,
  name: words,
  remember: words,
  goal: words,
  constraint: words,
  preference: words,
  promise: words,
  breakthrough: words,
})
type RuleSet = z.output<typeof RuleSet>

/** In this order a stretch is judged: the first that fits says what it is. */
const KINDS = ['name', 'goal', 'constraint', 'promise', 'breakthrough', 'preference', 'remember'] as const

interface Rule {
  kind: (typeof KINDS)[number]
  /** What of the message the phrase fits. Tried only where its longest words stand in it: patterns of many scripts cost. */
  find(message: string): RegExpExecArray | null
  unless: RegExp | undefined
  notNames: ReadonlySet<string>
}

/** Scripts that write no space between words. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u

/** Where a clause ends: what follows says something else. */
const CLAUSE_END =
  /[,;:，；：、()]|\s[–—-]\s|\s(?:and|but|so|und|aber|y|pero|et|mais|e|ma|mas|en|maar|и|но|ve|ama)\s/iu

const QUESTION = /[?？؟]["'”’»)]*$/

/** A name of one to three words; the further ones are written large. */
const NAME = /^[\p{L}][\p{L}\p{M}'.-]{0,29}(?: \p{Lu}[\p{L}\p{M}'.-]{0,29}){0,2}/u
const MAX_UNSPACED_NAME = 10

/** Statements read of one message; more is a list of something else. */
const MAX_STATEMENTS = 6

/** Longest message searched. */
const MAX_MESSAGE_CHARS = 4_000

const FILE = fileURLToPath(new URL('../../prompts/memory.yaml', import.meta.url))

interface RuleBook {
  rules: Rule[]
  /** The words of the first person of all languages. */
  self: RegExp
}

let read: RuleBook | undefined

/** Read with the first message judged: a command that judges none does not wait for it. */
function ruleBook(): RuleBook {
  read ??= loadRules(FILE)
  return read
}

/**
 * What a message explicitly says of the person who wrote it ("my goal is ...", "I'm allergic to ..."), by the
 * phrases of all languages in `prompts/memory.yaml`. Needs no model; what is only hinted at is not found.
 */
export function findStatements(message: string): Statement[] {
  const text = foldQuotes(message.slice(0, MAX_MESSAGE_CHARS))
  if (!speaksOfSelf(text)) return []
  const found = sentencesOf(text).flatMap(({ text: sentence }) => readSentence(sentence))
  const seen = new Set<string>()
  return found.filter(({ text: said }) => !seen.has(said) && seen.add(said)).slice(0, MAX_STATEMENTS)
}

/** True when the message says nothing but one thing about the person: there is no question to answer in it. */
export function isOnlyStatement(message: string): boolean {
  const text = foldQuotes(message.slice(0, MAX_MESSAGE_CHARS))
  const sentences = sentencesOf(text)
  const [only] = sentences
  if (sentences.length !== 1 || !only || QUESTION.test(only.text)) return false
  return ruleBook().rules.some((rule) => {
    if (rule.kind !== 'name' && rule.kind !== 'remember') return false
    const match = rule.find(only.text)
    const statement = match && match.index <= MAX_OPENING_CHARS && readMatch(rule, match, only.text)
    if (!match || !statement) return false
    const told = match[1] ?? ''
    // What goes on in another clause, or beyond the name, wants an answer.
    return rule.kind === 'name'
      ? told.length - statement.text.length <= MAX_CLOSING_CHARS
      : !CLAUSE_END.test(told)
  })
}

/** True when every sentence says something about the person, and none of them asks. */
export function tellsAndAsksNothing(message: string): boolean {
  const sentences = sentencesOf(foldQuotes(message.slice(0, MAX_MESSAGE_CHARS)))
  return (
    sentences.length > 0 &&
    sentences.every(({ text }) => !QUESTION.test(text) && findStatements(text).length > 0)
  )
}

/** "Hi! ", "By the way, ": what may stand before it. */
const MAX_OPENING_CHARS = 14
/** " please!": what may stand behind it. */
const MAX_CLOSING_CHARS = 10

/** True when a word of the first person stands in the text, in any of the languages known here. */
export function speaksOfSelf(text: string): boolean {
  return ruleBook().self.test(foldQuotes(text))
}

/** True when the text may tell something of the person: more than a question in the first person. */
export function tellsOfSelf(message: string): boolean {
  return sentencesOf(foldQuotes(message.slice(0, MAX_MESSAGE_CHARS))).some(({ text }) => {
    const told = QUESTION.test(text) ? text.split(CLAUSE_END).slice(0, -1).join(' ') : text
    return ruleBook().self.test(told)
  })
}

function readSentence(sentence: string): Statement[] {
  const taken: { from: number; to: number }[] = []
  const statements: Statement[] = []
  for (const rule of ruleBook().rules) {
    const match = rule.find(sentence)
    if (!match) continue
    const end = match.index + match[0].length
    if (taken.some(({ from, to }) => match.index < to && end > from)) continue
    const statement = readMatch(rule, match, sentence)
    if (!statement) continue
    taken.push({ from: match.index, to: match.index + statement.text.length })
    statements.push(statement)
  }
  return statements
}

function readMatch(
  { kind, unless, notNames }: Rule,
  match: RegExpExecArray,
  sentence: string,
): Statement | undefined {
  if (unless?.test(sentence.slice(0, match.index))) return undefined
  const told = match[1] ?? ''
  if (kind === 'name') return readName(told, notNames)
  const stretch = kind === 'remember' ? told : match[0]
  const kept = QUESTION.test(sentence) ? firstClause(stretch) : stretch
  const text = kept === undefined ? undefined : cleanStatement(kept)
  if (text === undefined) return undefined
  if (kind !== 'remember') return { kind, text }
  // What is to be remembered tells of the person: it begins with them. Anything else is an order.
  const opening = text.split(' ').slice(0, 2).join(' ')
  return ruleBook().self.test(UNSPACED.test(text) ? text.slice(0, 2) : opening)
    ? { kind: kindOf(text), text }
    : undefined
}

/** "Remember that I'm allergic ..." is a constraint. */
function kindOf(text: string): MemoryKind {
  const known = ruleBook().rules.find(
    ({ kind, find }) => kind !== 'remember' && kind !== 'name' && find(text),
  )
  return known && known.kind !== 'remember' ? known.kind : 'other'
}

function readName(told: string, notNames: ReadonlySet<string>): Statement | undefined {
  const name = UNSPACED.test(told)
    ? told.split(/[\p{P}\s]/u)[0]?.slice(0, MAX_UNSPACED_NAME)
    : NAME.exec(told.trim())?.[0].replace(/[.'-]+$/, '')
  if (!name || notNames.has(name.split(' ')[0]?.toLowerCase() ?? '')) return undefined
  const text = cleanStatement(name)
  return text === undefined ? undefined : { kind: 'name', text }
}

/** Of a question the part before it asks; `undefined` where all of it asks. */
function firstClause(stretch: string): string | undefined {
  const end = CLAUSE_END.exec(stretch)
  return end ? stretch.slice(0, end.index) : undefined
}

function foldQuotes(text: string): string {
  return text.replace(/[\u2018\u2019\u02bc`´]/g, "'")
}

/** @throws {AppError} `prompt.invalid` naming the file, when a section is not of the known form. */
function loadRules(file: string): RuleBook {
  const parsed = z.record(z.string(), RuleSet).safeParse(parse(readFileSync(file, 'utf8')))
  if (!parsed.success) throw new AppError('prompt.invalid', { file, cause: parsed.error })
  const sets = Object.values(parsed.data)
  return {
    rules: KINDS.flatMap((kind) => sets.flatMap((set) => readRules(kind, set))),
    self: anyWord(sets.flatMap((set) => set.self)),
  }
}

function readRules(kind: Rule['kind'], set: RuleSet): Rule[] {
  const notNames = new Set(set.not_names)
  const unless = new RegExp(`${anyWord(set.unless).source}\\s*$`, 'iu')
  return set[kind].map((phrase) => ({ kind, find: createFind(phrase), unless, notNames }))
}

function createFind(phrase: string): Rule['find'] {
  // Longest of what is neither a star nor a choice.
  const [words = ''] = phrase
    .split(/\*|\([^)]*\)\??/)
    .map((part) => part.trim())
    .sort((a, b) => b.length - a.length)
  let pattern: RegExp | undefined
  return (message) => {
    if (!message.toLowerCase().includes(words)) return null
    pattern ??= toPattern(phrase)
    return pattern.exec(message)
  }
}

function toPattern(phrase: string): RegExp {
  const pattern = escapePattern(phrase).replaceAll('(', '(?:')
  const [head, ...rest] = pattern.split('*')
  // The last star is what a name or a "remember that" tells; those before only bridge.
  const body = rest.reduce(
    (all, part, at) => `${all}${at === rest.length - 1 ? '(.+?)' : '.{1,80}?'}${part}`,
    head ?? '',
  )
  const end = phrase.endsWith('*') ? '$' : UNSPACED.test(phrase) ? '' : '(?![\\p{L}\\p{M}\\p{N}])'
  const start = UNSPACED.test(phrase) || phrase.startsWith('*') ? '' : '(?<![\\p{L}\\p{M}\\p{N}])'
  return new RegExp(`${start}${body}${end}`, 'iu')
}

function anyWord(list: readonly string[]): RegExp {
  const [unspaced, spaced] = [
    list.filter((word) => UNSPACED.test(word)),
    list.filter((word) => !UNSPACED.test(word)),
  ]
  const either = (some: readonly string[]) => some.map(escapePattern).join('|')
  const parts = [
    ...(spaced.length > 0 ? [`(?<![\\p{L}\\p{M}\\p{N}])(?:${either(spaced)})(?![\\p{L}\\p{M}\\p{N}])`] : []),
    ...(unspaced.length > 0 ? [`(?:${either(unspaced)})`] : []),
  ]
  return new RegExp(`(?:${parts.join('|')})`, 'iu')
}

/** Of what means something in a pattern only brackets and bars are meant. */
function escapePattern(text: string): string {
  return text.replace(/[.+?^${}[\]\\/]/g, '\\$&')
}
