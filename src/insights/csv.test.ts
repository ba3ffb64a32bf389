import { describe, expect, it } from 'vitest'
import { writeCsv } from './csv.ts'

const body = (text: string) => text.replace('\ufeff', '')

describe('writeCsv', () => {
  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '=HYPERLINK("http://x","y")'])(
    'keeps a spreadsheet from running %j',
    (text) => {
      const cell = body(writeCsv([[text]])).replace(/\r\n$/, '')
      expect(cell.replace(/^"|"$/g, '').startsWith("'")).toBe(true)
    },
  )

  it('quotes what would end a cell or a line, and leaves numbers alone', () => {
    expect(body(writeCsv([['a,b', 'say "so"', 'two\nlines', -3.5, undefined, 'plain']]))).toBe(
      '"a,b","say ""so""","two\nlines",-3.5,,plain\r\n',
    )
  })

  it('says that it is UTF-8', () => {
    expect(writeCsv([['Größe']])).toBe('\ufeffGröße\r\n')
  })
})
