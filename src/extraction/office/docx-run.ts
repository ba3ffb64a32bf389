import { isOn, readAttribute } from '../xml.ts'

/** Smaller than this nobody reads: half points, so 2 points. */
const MIN_HALF_POINTS = 4

/** White on a ground of any other colour is meant to be read. */
const UNPAINTED = /^(auto|ffffff|none|)$/i

interface Looks {
  isVanished: boolean
  isWhite: boolean
  isTiny: boolean
  isPainted: boolean
}

const PLAIN: Looks = { isVanished: false, isWhite: false, isTiny: false, isPainted: false }

/** Follows how the current run is set, to tell whether a reader can see it. */
export class DocxRun {
  /** Innermost last: a text box stands inside the run it is anchored to. */
  readonly #runs: Looks[] = []
  #isInRunProperties = false
  /** Shading of the cells and paragraphs around, and drawn shapes, whose ground is not known. */
  readonly #grounds: { name: string; isPainted: boolean }[] = []

  get isHidden(): boolean {
    const { isVanished, isWhite, isTiny, isPainted } = this.#runs.at(-1) ?? PLAIN
    if (isVanished || isTiny) return true
    return isWhite && !isPainted && !this.#grounds.some((ground) => ground.isPainted)
  }

  /** What the style of the current run says. */
  hide(): void {
    if (this.#isInRunProperties) this.#set({ isVanished: true })
  }

  open(name: string, attributes: Record<string, string>): void {
    if (name === 'r') this.#runs.push(PLAIN)
    else if (name === 'rPr') this.#isInRunProperties = this.#runs.length > 0
    else if (name === 'p' || name === 'tc') this.#grounds.push({ name, isPainted: false })
    else if (name === 'txbxContent') this.#grounds.push({ name, isPainted: true })
    else if (name === 'shd') this.#readShading(readAttribute(attributes, 'fill') ?? '')
    else if (this.#isInRunProperties) this.#readLook(name, attributes)
  }

  close(name: string): void {
    if (name === 'r') this.#runs.pop()
    else if (name === 'rPr') this.#isInRunProperties = false
    else if (this.#grounds.at(-1)?.name === name) this.#grounds.pop()
  }

  #readShading(fill: string): void {
    if (UNPAINTED.test(fill)) return
    const ground = this.#grounds.at(-1)
    if (this.#isInRunProperties) this.#set({ isPainted: true })
    else if (ground) ground.isPainted = true
  }

  #readLook(name: string, attributes: Record<string, string>): void {
    const value = readAttribute(attributes, 'val') ?? ''
    if (name === 'vanish' || name === 'webHidden') this.#set({ isVanished: isOn(attributes) })
    else if (name === 'color') this.#set({ isWhite: /^ffffff$/i.test(value) })
    else if (name === 'sz') this.#set({ isTiny: Number(value) <= MIN_HALF_POINTS })
    else if (name === 'highlight') this.#set({ isPainted: value !== 'none' && value !== 'white' })
  }

  #set(looks: Partial<Looks>): void {
    this.#runs.push({ ...PLAIN, ...this.#runs.pop(), ...looks })
  }
}
