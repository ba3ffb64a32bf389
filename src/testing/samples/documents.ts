import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32, deflateRawSync, deflateSync } from 'node:zlib'

/** Files built for tests: small ones to read, and hostile ones no tool would write. */

export interface ZipMember {
  name: string
  content: string | Buffer
  /** What the directory says about the inflated size; the truth when left out. */
  declaredBytes?: number
  isEncrypted?: boolean
}

/** A zip container, with directory entries that may lie. */
export function buildZip(members: ZipMember[]): Buffer {
  const locals: Buffer[] = []
  const central: Buffer[] = []
  let offset = 0
  for (const member of members) {
    const content = Buffer.from(member.content)
    const deflated = deflateRawSync(content)
    const name = Buffer.from(member.name)
    const shared = Buffer.alloc(26)
    shared.writeUInt16LE(20, 0)
    shared.writeUInt16LE(member.isEncrypted ? 1 : 0, 2)
    shared.writeUInt16LE(8, 4)
    shared.writeUInt32LE(crc32(content), 10)
    shared.writeUInt32LE(deflated.length, 14)
    shared.writeUInt32LE(member.declaredBytes ?? content.length, 18)
    shared.writeUInt16LE(name.length, 22)
    const local = Buffer.concat([Buffer.from('PK\u0003\u0004'), shared, name, deflated])
    const rest = Buffer.alloc(14)
    rest.writeUInt32LE(offset, 10)
    central.push(Buffer.from('PK\u0001\u0002\u0014\u0000'), shared, rest, name)
    locals.push(local)
    offset += local.length
  }
  const directory = Buffer.concat(central)
  const end = Buffer.alloc(22)
  end.write('PK\u0005\u0006')
  end.writeUInt16LE(Math.min(members.length, 0xffff), 8)
  end.writeUInt16LE(Math.min(members.length, 0xffff), 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...locals, directory, end])
}

const WORD = 'http://schemas.openxmlformats.org/wordprocessingml/2006/main'

const CONTENT_TYPES = `<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`

/** A Word document with this body (in the `w:` namespace) and these further members. */
export function buildDocx(body: string, members: ZipMember[] = []): Buffer {
  return buildZip([
    { name: '[Content_Types].xml', content: CONTENT_TYPES },
    { name: 'word/document.xml', content: wrapDocx(body) },
    ...members,
  ])
}

export function wrapDocx(body: string): string {
  return `<?xml version="1.0"?><w:document xmlns:w="${WORD}"><w:body>${body}</w:body></w:document>`
}

/** A paragraph of a Word document. */
export function wordParagraph(text: string, properties = ''): string {
  return `<w:p><w:pPr>${properties}</w:pPr><w:r><w:t xml:space="preserve">${text}</w:t></w:r></w:p>`
}

export interface PdfPage {
  /** Drawing operators; fonts are `/F1` (Helvetica) and `/F2` (Helvetica-Bold). */
  content: string | Buffer
  /** Further entries of the page's dictionary. */
  entries?: string
  isDeflated?: boolean
}

/** A PDF of A4 pages. */
export function buildPdf(pages: PdfPage[], objects: string[] = []): Buffer {
  const bodies: Buffer[] = []
  const add = (body: string | Buffer): number => bodies.push(Buffer.from(body))
  add('<</Type/Catalog/Pages 2 0 R>>')
  add('')
  add('<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>')
  add('<</Type/Font/Subtype/Type1/BaseFont/Helvetica-Bold/Encoding/WinAnsiEncoding>>')
  for (const object of objects) add(object)
  const kids = pages.map(({ content, entries = '', isDeflated = false }) => {
    const bytes = isDeflated ? deflateSync(content, { level: 9 }) : Buffer.from(content)
    const filter = isDeflated ? '/Filter/FlateDecode' : ''
    const stream = add(
      Buffer.concat([
        Buffer.from(`<</Length ${bytes.length}${filter}>>\nstream\n`),
        bytes,
        Buffer.from('\nendstream'),
      ]),
    )
    const fonts = '<</Font<</F1 3 0 R/F2 4 0 R>>>>'
    return add(
      `<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents ${stream} 0 R/Resources${fonts}${entries}>>`,
    )
  })
  bodies[1] = Buffer.from(
    `<</Type/Pages/Count ${pages.length}/Kids[${kids.map((kid) => `${kid} 0 R`).join(' ')}]>>`,
  )
  return writePdf(bodies)
}

function writePdf(bodies: Buffer[]): Buffer {
  const parts = [Buffer.from('%PDF-1.7\n')]
  let at = parts[0]?.length ?? 0
  const offsets = bodies.map((body, index) => {
    const offset = at
    const part = Buffer.concat([Buffer.from(`${index + 1} 0 obj\n`), body, Buffer.from('\nendobj\n')])
    parts.push(part)
    at += part.length
    return offset
  })
  const rows = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('')
  const table = `xref\n0 ${bodies.length + 1}\n0000000000 65535 f \n${rows}`
  const trailer = `trailer<</Size ${bodies.length + 1}/Root 1 0 R>>\nstartxref\n${at}\n%%EOF`
  return Buffer.concat([...parts, Buffer.from(table + trailer)])
}

/** Drawing operators that set lines of text from a point downwards. */
export function pdfText(
  lines: string[],
  at: { x?: number; y?: number; size?: number; font?: string } = {},
): string {
  const { x = 72, y = 760, size = 11, font = 'F1' } = at
  const shown = lines.map((line) => `(${line.replace(/[()\\]/g, '\\$&')}) Tj T*`).join(' ')
  return `BT /${font} ${size} Tf ${size * 1.3} TL 1 0 0 1 ${x} ${y} Tm ${shown} ET\n`
}

export interface SampleFile extends AsyncDisposable {
  path: string
}

/** Writes a file into a folder of its own, removed with it. */
export async function withFile(name: string, content: string | Buffer): Promise<SampleFile> {
  const folder = await mkdtemp(join(tmpdir(), 'extract-'))
  const path = join(folder, name)
  await writeFile(path, content)
  return { path, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
}
