import { extname } from 'node:path'
import { AppError, type ErrorCode } from '../errors.ts'
import type { Probe, Source } from './format.ts'
import { FORMATS, type Format } from './formats.ts'
import { decodeText } from './read-encoding.ts'
import { openArchive } from './zip.ts'

const HEAD_BYTES = 1024

const PDF_MARK = '%PDF-'

/** A page that speaks of a PDF, or carries one, is still a page. */
const MARKUP = /^(\xef\xbb\xbf)?\s*<(!doctype|!--|\?xml|html|head|body)/i

const TEXT_BYTES = 64 * 1024

const ZIP = ['PK\u0003\u0004', 'PK\u0005\u0006', 'PK\u0007\u0008'].map((mark) => Buffer.from(mark, 'latin1'))

/** OLE2: legacy Office, and the wrapper around an encrypted DOCX. */
const OLE = Buffer.from('d0cf11e0a1b11ae1', 'hex')
const OLE_ENCRYPTED = Buffer.from('EncryptedPackage', 'utf16le')

/** Kinds of file that are text in bytes but not text to read. */
const NOT_PROSE = /^(\{\\rtf|%!PS)/

/** Streams that only legacy Office files have: of Word, Excel (two ages), PowerPoint. */
const LEGACY_STREAMS = ['WordDocument', 'Workbook', 'Book', 'PowerPoint Document'].map((name) =>
  Buffer.from(name, 'utf16le'),
)

/**
 * Finds the format of a file by its content.
 *
 * @throws {AppError} `document.empty_file`, `document.encrypted`,
 *   `document.damaged`, `document.legacy_office`, or `document.unsupported_type` when no reader knows it.
 */
export async function sniff(source: Source): Promise<Format> {
  if (source.bytes.length === 0) throw new AppError('document.empty_file')
  const probe = await probeSource(source)
  const format = FORMATS.find(({ detect }) => detect(probe))
  if (format) return format
  throw new AppError('document.unsupported_type', { fileName: source.fileName })
}

async function probeSource({ bytes, fileName = '', limits }: Source): Promise<Probe> {
  const head = bytes.subarray(0, HEAD_BYTES)
  const extension = extname(fileName).slice(1).toLowerCase()
  if (startsWith(bytes, OLE)) throw new AppError(judgeOle(bytes))
  if (ZIP.some((mark) => startsWith(bytes, mark))) {
    const archive = await openArchive(bytes, limits)
    const contentTypes = await archive.readText('[Content_Types].xml')
    const isBook = archive.has('META-INF/container.xml') && !archive.has('mimetype')
    const mediaType = isBook ? 'application/epub+zip' : await archive.readText('mimetype')
    return { head, isPdf: false, text: '', extension, zip: { contentTypes, mediaType } }
  }
  const isPdf = head.includes(PDF_MARK) && !MARKUP.test(head.toString('latin1'))
  return { head, isPdf, text: isPdf ? '' : probeText(bytes), extension }
}

function judgeOle(bytes: Buffer): ErrorCode {
  if (bytes.includes(OLE_ENCRYPTED)) return 'document.encrypted'
  return LEGACY_STREAMS.some((name) => bytes.includes(name))
    ? 'document.legacy_office'
    : 'document.unsupported_type'
}

function probeText(bytes: Buffer): string {
  const text = decodeText(cutBehindCharacter(bytes))
  if (text === undefined || NOT_PROSE.test(text)) return ''
  return text.replace(/\r\n?/g, '\n')
}

/** The first bytes, not ending inside a UTF-8 character. */
function cutBehindCharacter(bytes: Buffer): Buffer {
  if (bytes.length <= TEXT_BYTES) return bytes
  let end = TEXT_BYTES
  while (end > TEXT_BYTES - 4 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1
  return bytes.subarray(0, end)
}

function startsWith(bytes: Buffer, mark: Buffer): boolean {
  return bytes.subarray(0, mark.length).equals(mark)
}
