import { foldLine } from '../text-cleaning.ts'
import { parseXml } from '../xml.ts'
import type { Archive } from '../zip.ts'
import { type Package, resolveHref } from './epub-package.ts'

/** The title the table of contents has for each member: the first that points to it. */
export async function readContents(
  archive: Archive,
  { contents: { nav, ncx } }: Package,
): Promise<Map<string, string>> {
  const titles = new Map<string, string>()
  if (nav !== undefined) await readNav(archive, nav, titles)
  if (ncx !== undefined) await readNcx(archive, ncx, titles)
  return titles
}

/** EPUB 3: links of a page. */
async function readNav(archive: Archive, nav: string, titles: Map<string, string>): Promise<void> {
  const folder = nav.slice(0, nav.lastIndexOf('/') + 1)
  let member: string | undefined
  let title = ''
  await parseXml(
    archive.read(nav),
    {
      open: (name, { href }) => {
        if (name !== 'a' || href === undefined) return
        member = resolveHref(folder, href)
        title = ''
      },
      text: (text) => {
        title += text
      },
      close: (name) => {
        if (name === 'a') addTitle(titles, member, title)
      },
    },
    { mayDeclare: true },
  )
}

/** EPUB 2: points of a map, each with a label before the place it points to. */
async function readNcx(archive: Archive, ncx: string, titles: Map<string, string>): Promise<void> {
  const folder = ncx.slice(0, ncx.lastIndexOf('/') + 1)
  let isLabel = false
  let title = ''
  await parseXml(
    archive.read(ncx),
    {
      open: (name, { src }) => {
        if (name === 'navLabel') {
          isLabel = true
          title = ''
        } else if (name === 'content' && src !== undefined) addTitle(titles, resolveHref(folder, src), title)
      },
      text: (text) => {
        if (isLabel) title += text
      },
      close: (name) => {
        if (name === 'navLabel') isLabel = false
      },
    },
    { mayDeclare: true },
  )
}

function addTitle(titles: Map<string, string>, member: string | undefined, title: string): void {
  const folded = foldLine(title)
  if (member !== undefined && folded !== '' && !titles.has(member)) titles.set(member, folded)
}
