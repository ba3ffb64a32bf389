import { AppError } from '../../errors.ts'
import type { Reading, Source } from '../format.ts'
import { BlockSink } from '../sink.ts'
import { parseXml, readAttribute } from '../xml.ts'
import { type Archive, openArchive } from '../zip.ts'
import { readContents } from './epub-contents.ts'
import { type Package, readPackage } from './epub-package.ts'
import { readHtmlText } from './html.ts'

/** Elements whose text HTML takes as it stands: closed in themselves, as XHTML may, they would swallow the page. */
const SELF_CLOSED = /<(title|script|style|textarea|iframe|noscript|xmp)\b([^<>]*)\/>/gi

const BOOK_BOILERPLATE = new Set(['nav'])

/** What fonts are disguised with, and nothing else: such a book is open to read. */
const FONT_DISGUISE = /\/(embedding|RC)$/

/**
 * Reads e-books chapter by chapter in the order of the spine. A chapter without a heading of its own gets the
 * title the table of contents has for it.
 *
 * @throws {AppError} `document.encrypted` when chapters are locked, `document.damaged`
 */
export async function readEpub({ bytes, limits, onPage }: Source, sink: BlockSink): Promise<Reading> {
  const archive = await openArchive(bytes, limits)
  const book = await readPackage(archive)
  await refuseLocked(archive, book)
  const titles = await readContents(archive, book)
  for (const [index, member] of book.spine.entries()) {
    await readChapter(archive, member, { title: titles.get(member), sink })
    onPage?.({ done: index + 1, total: book.spine.length })
  }
  return book.title === '' ? {} : { title: book.title }
}

async function readChapter(
  archive: Archive,
  member: string,
  { title, sink }: { title: string | undefined; sink: BlockSink },
): Promise<void> {
  const chapter = new BlockSink(sink.limit)
  const html = await archive.readText(member)
  readHtmlText(html.replace(SELF_CLOSED, '<$1$2></$1>'), chapter, BOOK_BOILERPLATE)
  if (chapter.blocks.length === 0) return
  const isTitled = chapter.blocks.slice(0, 3).some(({ kind }) => kind === 'heading')
  if (title && !isTitled) sink.add({ kind: 'heading', level: 1, text: title })
  for (const block of chapter.blocks) sink.add(block)
}

async function refuseLocked(archive: Archive, { spine }: Package): Promise<void> {
  let algorithm = ''
  await parseXml(archive.read('META-INF/encryption.xml'), {
    open: (name, attributes) => {
      if (name === 'EncryptionMethod') algorithm = readAttribute(attributes, 'Algorithm') ?? ''
      if (name !== 'CipherReference' || FONT_DISGUISE.test(algorithm)) return
      const member = decodeName(readAttribute(attributes, 'URI') ?? '')
      if (spine.includes(member)) throw new AppError('document.encrypted', { member })
    },
  })
}

function decodeName(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}
