import { readAttribute } from '../xml.ts'

const MAX_DEPTH = 8

interface NumberedLevel {
  start: number
  /** The letter or digit counting begins with: `1`, `a`, `A`; Roman numbers are written as digits. */
  format: string
}

interface OpenList {
  styleName: string
  count: number | undefined
}

/** Knows which lists of an OpenDocument text are numbered, and counts their items. */
export class OdtLists {
  readonly #levels = new Map<string, NumberedLevel>()
  /** Outermost first: a list inside another wears its style unless it has its own. */
  readonly #open: OpenList[] = []
  #style = ''

  get depth(): number {
    return this.#open.length
  }

  /** @returns true when the element was one of a list's. */
  enter(name: string, attributes: Record<string, string>): boolean {
    if (name === 'list-style') this.#style = readAttribute(attributes, 'name') ?? ''
    else if (name === 'list-level-style-number') this.#learn(attributes)
    else if (name === 'list') {
      const styleName = readAttribute(attributes, 'style-name') ?? this.#open.at(-1)?.styleName ?? ''
      this.#open.push({ styleName, count: undefined })
    } else return false
    return true
  }

  leave(): void {
    this.#open.pop()
  }

  /** What stands before the next item: its number or a dash, indented by its depth. */
  next(): string {
    const list = this.#open.at(-1)
    const indent = '  '.repeat(Math.min(Math.max(this.depth - 1, 0), MAX_DEPTH))
    const level = list && this.#levels.get(`${list.styleName} ${this.depth}`)
    if (!list || !level) return `${indent}- `
    list.count = (list.count ?? level.start - 1) + 1
    return `${indent}${present(list.count, level.format)}. `
  }

  #learn(attributes: Record<string, string>): void {
    const format = readAttribute(attributes, 'num-format') ?? ''
    if (format === '') return
    const start = Number(readAttribute(attributes, 'start-value') ?? 1)
    const level = { start: Number.isSafeInteger(start) ? start : 1, format }
    this.#levels.set(`${this.#style} ${readAttribute(attributes, 'level') ?? ''}`, level)
  }
}

function present(count: number, format: string): string {
  if (format !== 'a' && format !== 'A') return String(count)
  const letter = String.fromCharCode(97 + ((((count - 1) % 26) + 26) % 26))
  return format === 'A' ? letter.toUpperCase() : letter
}
