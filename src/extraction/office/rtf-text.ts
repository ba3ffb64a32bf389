/** Code pages by the character set a font declares; others are the file's own. */
const CHARSETS: Record<number, number> = {
  77: 10000,
  128: 932,
  129: 949,
  134: 936,
  136: 950,
  161: 1253,
  162: 1254,
  163: 1258,
  177: 1255,
  178: 1256,
  186: 1257,
  204: 1251,
  222: 874,
  238: 1250,
}

const LABELS: Record<number, string> = {
  932: 'shift_jis',
  936: 'gb18030',
  949: 'euc-kr',
  950: 'big5',
  10000: 'macintosh',
  65001: 'utf-8',
}

/** Collects the characters of a run: bytes in the code page of their font, and units of UTF-16. */
export class RtfText {
  /** Of the file, for fonts that declare none. */
  codePage = 1252
  readonly #fonts = new Map<number, number>()
  readonly #decoders = new Map<number, InstanceType<typeof TextDecoder>>()
  #parts: string[] = []
  #bytes: Buffer[] = []
  #font = -1

  setFont(font: number, charset: number): void {
    const codePage = CHARSETS[charset]
    if (codePage !== undefined) this.#fonts.set(font, codePage)
  }

  addBytes(bytes: Buffer, font: number): void {
    this.#font = font
    this.#bytes.push(bytes)
  }

  addUnit(unit: number): void {
    this.addText(String.fromCharCode(unit))
  }

  addText(text: string): void {
    this.#decode()
    this.#parts.push(text)
  }

  /** What was collected since the last time. */
  take(): string {
    this.#decode()
    const text = this.#parts.join('')
    this.#parts = []
    return text
  }

  #decode(): void {
    if (this.#bytes.length === 0) return
    this.#parts.push(this.#decoderOf(this.#font).decode(Buffer.concat(this.#bytes)))
    this.#bytes = []
  }

  #decoderOf(font: number): InstanceType<typeof TextDecoder> {
    const codePage = this.#fonts.get(font) ?? this.codePage
    const known = this.#decoders.get(codePage)
    if (known) return known
    const decoder = createDecoder(LABELS[codePage] ?? `windows-${codePage}`)
    this.#decoders.set(codePage, decoder)
    return decoder
  }
}

function createDecoder(label: string): InstanceType<typeof TextDecoder> {
  try {
    return new TextDecoder(label)
  } catch {
    return new TextDecoder('windows-1252')
  }
}
