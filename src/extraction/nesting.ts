import { AppError } from '../errors.ts'

/**
 * The parser moves its whole list of open elements for each new one, so the depths of all elements together are
 * what a file costs: this many take about 2 s. 40,000 elements inside each other come to it, and so does a
 * page of a million elements at a depth of 800.
 */
const MAX_DEPTHS = 800_000_000

/** Counts what the nesting of a marked-up file costs, and refuses one that is made to cost. */
export class NestingGuard {
  #depth = 0
  #depths = 0

  /** @throws {AppError} `document.damaged` past the bound. */
  open(): void {
    this.#depth += 1
    this.#depths += this.#depth
    if (this.#depths > MAX_DEPTHS) throw new AppError('document.damaged', { reason: 'nesting' })
  }

  close(): void {
    this.#depth -= 1
  }
}
