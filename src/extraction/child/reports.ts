import { AppError } from '../../errors.ts'
import type { Block, Extraction } from '../block.ts'
import type { PageProgress } from '../format.ts'
import { ExtractReport } from './protocol.ts'

/** Puts together what a child reports about one file. */
export class ExtractReports {
  readonly #limitCharacters: number
  readonly #onPage: (progress: PageProgress) => void
  readonly #blocks: Block[] = []
  #characters = 0

  constructor(limitCharacters: number, onPage: (progress: PageProgress) => void = () => {}) {
    this.#limitCharacters = limitCharacters
    this.#onPage = onPage
  }

  /**
   * @returns the whole extraction with the last report, a picture that waits for its text, nothing otherwise.
   * @throws {AppError} the code of a refusal, `document.too_large` when more
   *   comes than was agreed, `document.extraction_failed` for a report in no known form.
   */
  take(message: unknown): { extraction: Extraction } | { picture: Buffer } | undefined {
    const { success, data: report, error } = ExtractReport.safeParse(message)
    if (!success) throw new AppError('document.extraction_failed', { cause: error })
    if (report.type === 'refused') {
      throw new AppError(report.code, { ...(report.detail && { cause: new Error(report.detail) }) })
    }
    if (report.type === 'blocks') {
      for (const block of report.blocks) this.#add(block)
      return undefined
    }
    if (report.type === 'pages') {
      this.#onPage({ done: report.done, total: report.total })
      return undefined
    }
    if (report.type === 'picture') return { picture: Buffer.from(report.png, 'base64') }
    const { type: _, ...rest } = report
    return { extraction: { ...rest, blocks: this.#blocks } }
  }

  #add(block: Block): void {
    this.#characters += block.text.length
    if (this.#characters > this.#limitCharacters) {
      throw new AppError('document.too_large', { limitCharacters: this.#limitCharacters })
    }
    this.#blocks.push(block)
  }
}
