/** Longest part of a robots.txt that is read: as much as RFC 9309 asks for. */
export const MAX_ROBOTS_BYTES = 500 * 1024
/** Rules for us: the largest sites have some hundreds. */
const MAX_RULES = 5_000

interface Rule {
  isAllowing: boolean
  pattern: string
}

/** What a site lets a robot read. */
export interface RobotRules {
  /** @param path with its query, as it stands in the address. */
  isAllowed(path: string): boolean
  /** Wait between two pages, where the site asks for one. */
  delayMs: number | undefined
}

export const ALLOW_ALL: RobotRules = { isAllowed: () => true, delayMs: undefined }

interface Group {
  agents: string[]
  rules: Rule[]
  delayMs: number | undefined
}

/**
 * Reads a robots.txt by RFC 9309: all groups that name the robot, else those for `*`; of the rules that fit the
 * longest counts, and of two as long the one that allows.
 *
 * @param robot the product token, in any case.
 */
export function readRobots(text: string, robot: string): RobotRules {
  const groups = readGroups(text)
  const named = groups.filter(({ agents }) => agents.includes(robot.toLowerCase()))
  const own = named.length > 0 ? named : groups.filter(({ agents }) => agents.includes('*'))
  const rules = own.flatMap((group) => group.rules).slice(0, MAX_RULES)
  return {
    isAllowed: (path) => path === '/robots.txt' || judge(rules, tidy(path)),
    delayMs: own.find(({ delayMs }) => delayMs !== undefined)?.delayMs,
  }
}

function readGroups(text: string): Group[] {
  const groups: Group[] = []
  let isNaming = false
  for (const line of text.replace(/^\ufeff/, '').split(/\r\n?|\n/)) {
    const [, name = '', value = ''] = /^\s*([a-z-]+)\s*:\s*([^#]*?)\s*(?:#.*)?$/i.exec(line) ?? []
    const field = name.toLowerCase()
    if (field === 'user-agent') {
      if (!isNaming) groups.push({ agents: [], rules: [], delayMs: undefined })
      groups.at(-1)?.agents.push(readAgent(value))
      isNaming = true
      continue
    }
    const group = groups.at(-1)
    if (!group || !/^(allow|disallow|crawl-delay)$/.test(field)) continue
    isNaming = false
    if (field === 'crawl-delay') group.delayMs = readDelay(value)
    // An empty path is a rule about nothing.
    else if (value !== '') group.rules.push({ isAllowing: field === 'allow', pattern: tidy(value) })
  }
  return groups
}

/** The product token alone: some write a version behind it. */
function readAgent(value: string): string {
  return value === '*' ? value : (/^[a-z_-]+/i.exec(value)?.[0] ?? '').toLowerCase()
}

function readDelay(value: string): number | undefined {
  const seconds = Number.parseFloat(value)
  return seconds >= 0 ? seconds * 1_000 : undefined
}

function judge(rules: readonly Rule[], path: string): boolean {
  let best: Rule | undefined
  for (const rule of rules) {
    const gain = rule.pattern.length - (best?.pattern.length ?? -1)
    if (gain < 0 || (gain === 0 && !rule.isAllowing)) continue
    if (fits(rule.pattern, path)) best = rule
  }
  return best?.isAllowing ?? true
}

/** `*` stands for any letters, `$` at the end for the end. Without going back, so that no pattern is slow. */
function fits(pattern: string, path: string): boolean {
  const isWhole = pattern.endsWith('$')
  const [first = '', ...parts] = (isWhole ? pattern.slice(0, -1) : pattern).split('*')
  if (!path.startsWith(first)) return false
  let at = first.length
  const last = parts.pop()
  if (last === undefined) return !isWhole || path.length === at
  for (const part of parts) {
    const found = path.indexOf(part, at)
    if (found === -1) return false
    at = found + part.length
  }
  return isWhole ? path.length - last.length >= at && path.endsWith(last) : path.indexOf(last, at) !== -1
}

/** Escapes in one form: what need not be escaped is not, what must be is. */
function tidy(path: string): string {
  return path
    .replace(/[^\x21-\x7e]+/g, (text) => encodeURIComponent(text.toWellFormed()))
    .replace(/%[\da-f]{2}/gi, (escaped) => {
      const letter = String.fromCharCode(Number.parseInt(escaped.slice(1), 16))
      return /[\w.~-]/.test(letter) ? letter : escaped.toUpperCase()
    })
}
