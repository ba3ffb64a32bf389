import { AppError } from '../../errors.ts'
import { foldLine } from '../text-cleaning.ts'
import { parseXml } from '../xml.ts'
import { type Archive, resolveMember } from '../zip.ts'

/** What an e-book says of itself. */
export interface Package {
  title: string
  /** The chapters' members, in reading order, each once. */
  spine: string[]
  /** The members of the table of contents: of EPUB 3, of EPUB 2. */
  contents: { nav?: string; ncx?: string }
}

interface Item {
  member: string
  mediaType: string
  properties: string
}

/** More chapters than any book has; each is opened and parsed by itself. */
const MAX_CHAPTERS = 5_000

/** @throws {AppError} `document.damaged` when the book names no chapters, `document.inflated_too_large` for too many. */
export async function readPackage(archive: Archive): Promise<Package> {
  const root = await findRoot(archive)
  const folder = root.slice(0, root.lastIndexOf('/') + 1)
  const items = new Map<string, Item>()
  const references: string[] = []
  let isTitle = false
  let title = ''
  await parseXml(
    archive.read(root),
    {
      open: (name, attributes) => {
        isTitle = name === 'title' && title === ''
        if (name === 'item') {
          const { id = '', href = '', properties = '' } = attributes
          const mediaType = attributes['media-type'] ?? ''
          items.set(id, { member: resolveHref(folder, href), mediaType, properties })
        } else if (name === 'itemref') references.push(attributes.idref ?? '')
      },
      text: (text) => {
        if (isTitle) title += text
      },
      close: () => {
        isTitle = false
      },
    },
    { mayDeclare: true },
  )
  if (references.length > MAX_CHAPTERS) {
    throw new AppError('document.inflated_too_large', { limitChapters: MAX_CHAPTERS })
  }
  const isContents = ({ properties }: Item): boolean => /\bnav\b/.test(properties)
  const chapters = references
    .map((id) => items.get(id))
    .filter((item) => item !== undefined)
    .filter((item) => /html|xml/.test(item.mediaType) && !isContents(item) && archive.has(item.member))
  if (chapters.length === 0) throw new AppError('document.damaged', { reason: 'no chapters' })
  const nav = [...items.values()].find(isContents)?.member
  const ncx = [...items.values()].find(({ mediaType }) => mediaType.includes('dtbncx'))?.member
  return {
    title: foldLine(title),
    spine: [...new Set(chapters.map(({ member }) => member))],
    contents: { ...(nav && { nav }), ...(ncx && { ncx }) },
  }
}

async function findRoot(archive: Archive): Promise<string> {
  let root: string | undefined
  await parseXml(archive.read('META-INF/container.xml'), {
    open: (name, attributes) => {
      if (name === 'rootfile') root ??= attributes['full-path']
    },
  })
  if (root === undefined || !archive.has(root))
    throw new AppError('document.damaged', { reason: 'no package' })
  return root
}

/** The member an address inside the book means, without the place in it. */
export function resolveHref(folder: string, href: string): string {
  const [address = ''] = href.split('#')
  try {
    return resolveMember(folder, decodeURIComponent(address))
  } catch {
    return resolveMember(folder, address)
  }
}
