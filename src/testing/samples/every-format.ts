import { buildDocx, buildPdf, pdfText, wordParagraph } from './documents.ts'
import { buildEpub, buildOdt, buildPptx, buildXlsx, slideShape } from './office.ts'

/** A small file of each format, which holds this word and no other of its kind. */
export function buildEveryFormat(word: string): [name: string, content: Buffer][] {
  const text = `The word of this file is ${word}.`
  return [
    ['a.pdf', buildPdf([{ content: pdfText([text]), isDeflated: true }])],
    ['a.docx', buildDocx(wordParagraph(text))],
    ['a.pptx', buildPptx([{ shapes: slideShape('title', 'Word') + slideShape('body', text) }])],
    ['a.xlsx', buildXlsx([{ name: 'Words', rows: row('Key', 'Word') + row('this file', word) }])],
    ['a.epub', buildEpub([{ file: 'a.xhtml', html: `<h1>Word</h1><p>${text}</p>` }])],
    ['a.odt', buildOdt(`<text:p>${text}</text:p>`)],
    ['a.rtf', Buffer.from(`{\\rtf1\\ansi ${text}\\par}`)],
    ['a.html', Buffer.from(`<html><body><h1>Word</h1><p>${text}</p></body></html>`)],
    ['a.md', Buffer.from(`# Word\n\n${text}\n`)],
    ['a.csv', Buffer.from(`key,word\nthis file,${word}\n`)],
    ['a.srt', Buffer.from(`1\n00:00:01,000 --> 00:00:02,000\n${text}\n`)],
    ['a.vtt', Buffer.from(`WEBVTT\n\n00:01.000 --> 00:02.000\n${text}\n`)],
    ['a.txt', Buffer.from(`${text}\n`)],
  ]
}

function row(...cells: string[]): string {
  return `<row>${cells.map((cell) => `<c t="str"><v>${cell}</v></c>`).join('')}</row>`
}

/** Cut short, with bits turned, with a stretch of zeros or of itself elsewhere: by a seed, so that it can be repeated. */
export function damageFile(content: Buffer, seed: number): Buffer {
  const copy = Buffer.from(content)
  const at = (salt: number) => (Math.imul(seed + 1, 2_654_435_761 + salt * 40_503) >>> 0) % copy.length
  if (seed % 4 === 0) return copy.subarray(0, at(1))
  if (seed % 4 === 1) {
    for (let flip = 0; flip < 8; flip += 1) copy[at(flip)] = (copy[at(flip)] ?? 0) ^ (1 << flip)
    return copy
  }
  const length = Math.min(64 + (seed % 512), copy.length - at(2))
  if (seed % 4 === 2) return copy.fill(0, at(2), at(2) + length)
  copy.copy(copy, at(2), at(3), Math.min(at(3) + length, copy.length))
  return copy
}
