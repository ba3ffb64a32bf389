/** What a style sheet or attribute says about whether a reader sees an element. */
export interface HiddenRules {
  isHidden(tag: string, attributes: Record<string, string>): boolean
}

const HIDES = [
  /(^|[;\s{])display\s*:\s*none/,
  /(^|[;\s{])visibility\s*:\s*(hidden|collapse)/,
  /(^|[;\s{])opacity\s*:\s*0?(\.0+)?\s*(%|;|!|$)/,
  /(^|[;\s{])font-size\s*:\s*0*[0-2]?(\.\d+)?\s*(px|pt)?\s*(;|!|$)/,
  /(^|[;\s{])font-size\s*:\s*0?\.[01]\d*\s*r?em/,
  /(^|[;\s{])text-indent\s*:\s*-\d{3,}/,
  /(^|[;\s{])(left|top|right)\s*:\s*-\d{3,}/,
  /(^|[;\s{])clip\s*:\s*rect\(\s*0(px)?[\s,]+0(px)?[\s,]+0(px)?[\s,]+0/,
  /(^|[;\s{])color\s*:\s*transparent/,
  /(^|[;\s{])transform\s*:\s*scale\(\s*0?(\.0+)?\s*[,)]/,
]

/** Nothing is seen of a box without height that cuts off what is too high. */
const FLAT = /(^|[;\s{])height\s*:\s*0(px)?\s*(!|;|$)/
const CUTS = /(^|[;\s{])overflow(-y)?\s*:\s*(hidden|clip)/

const WHITE = /(^|[;\s{])color\s*:\s*(#fff\b|#ffffff\b|white\b|rgba?\(\s*255\s*,\s*255\s*,\s*255)/

/** White text is only unseen where nothing paints a ground behind it. */
const PAINTS = /background|bgcolor/

/** A single tag, class or id (or a tag with one): the selectors that can be judged without a layout. */
const SIMPLE_SELECTOR = /^([a-z][a-z0-9-]*)?([.#][\w-]+)?$/i

/** Around rules that hold on a screen. Those of print, or of small screens only, do not count. */
const GROUP = /^@(media\s+(all|screen)|supports|layer)\b/i

/** Rules read from one page: far above any real page, far below what would take time. */
const MAX_RULES = 20_000

/**
 * Learns from a page's style sheets which elements are not shown.
 *
 * Only simple selectors are understood; sheets of other files are not fetched.
 *
 * @param styles The text of all `<style>` elements.
 */
export function readHiddenRules(styles: string): HiddenRules {
  const sheet = styles.replace(/\/\*[\s\S]*?(?:\*\/|$)/g, '')
  const paints = PAINTS.test(sheet)
  const hidden = new Set<string>()
  let count = 0
  for (const { selectors, declarations } of listRules(sheet)) {
    count += 1
    if (count > MAX_RULES) break
    if (!hides(declarations, paints)) continue
    for (const selector of selectors.split(',')) {
      const simple = selector.trim()
      if (simple !== '' && SIMPLE_SELECTOR.test(simple)) hidden.add(simple.toLowerCase())
    }
  }
  return {
    isHidden(tag, { hidden: attribute, 'aria-hidden': aria, style, class: classes, id }) {
      if (attribute !== undefined && attribute !== 'until-found') return true
      if (aria === 'true') return true
      if (style && hides(style, paints)) return true
      return hidden.size > 0 && names(tag, classes, id).some((name) => hidden.has(name))
    },
  }
}

/** The rules that hold, found by their braces alone: hostile sheets cost no more than their length. */
function* listRules(sheet: string): Generator<{ selectors: string; declarations: string }> {
  const open: { prelude: string; start: number; isRule: boolean }[] = []
  let at = 0
  for (const { 0: brace, index } of sheet.matchAll(/[{}]/g)) {
    if (brace === '{') {
      const before = sheet.slice(at, index)
      const prelude = before.slice(before.lastIndexOf(';') + 1).trim()
      const outer = open.at(-1)
      if (outer) outer.isRule = false
      open.push({ prelude, start: index + 1, isRule: !prelude.startsWith('@') })
    } else {
      const rule = open.pop()
      if (rule?.isRule && open.every((group) => GROUP.test(group.prelude))) {
        yield { selectors: rule.prelude, declarations: sheet.slice(rule.start, index) }
      }
    }
    at = index + 1
  }
}

function hides(declarations: string, paints: boolean): boolean {
  const lower = declarations.toLowerCase()
  if (HIDES.some((rule) => rule.test(lower)) || (FLAT.test(lower) && CUTS.test(lower))) return true
  return !paints && WHITE.test(lower) && !PAINTS.test(lower)
}

function names(tag: string, classes: string | undefined, id: string | undefined): string[] {
  const marks = (classes ?? '').split(/\s+/).filter((name) => name !== '')
  const selectors = [...marks.map((name) => `.${name}`), ...(id ? [`#${id}`] : [])]
  return [tag, ...selectors, ...selectors.map((selector) => tag + selector)].map((name) => name.toLowerCase())
}
