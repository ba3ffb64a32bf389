import { createRandom } from '../../src/testing/random.ts'
import { buildPdf, pdfText } from '../../src/testing/samples/documents.ts'

const WORDS =
  `attention balance breath calendar challenge coach comfort courage decision diary effort evening exercise
  failure feedback focus friend garden goal habit journey kettle lesson letter listen meeting memory mirror morning
  notice number pause people plan practice promise question reason reminder rest result return routine season
  signal silence sleep small start step story student support teacher thought timer today trust walk water week
  weekend window wonder work worry`.split(/\s+/)

const LINES = 48
const LINE_CHARACTERS = 80

/**
 * A text PDF of dense A4 pages: a heading and 48 lines each, some 3,900 characters. The same seed gives the
 * same bytes; `mark` is a word that stands once, on the last page.
 */
export function buildLongPdf({ pages, seed, mark }: { pages: number; seed: number; mark: string }): Buffer {
  const random = createRandom(seed)
  const writeLine = (start = ''): string => {
    let line = start
    while (line.length < LINE_CHARACTERS) line += ` ${WORDS[Math.floor(random() * WORDS.length)] ?? ''}`
    return line.trim()
  }
  return buildPdf(
    Array.from({ length: pages }, (_, page) => {
      const lines = Array.from({ length: LINES }, (_, line) =>
        writeLine(page === pages - 1 && line === 0 ? mark : ''),
      )
      const heading = pdfText([`Chapter ${page + 1}`], { y: 800, size: 16, font: 'F2' })
      return { content: heading + pdfText(lines, { x: 60, y: 770, size: 10 }), isDeflated: true }
    }),
  )
}
