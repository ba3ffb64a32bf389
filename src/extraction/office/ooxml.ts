import { AppError } from '../../errors.ts'
import { foldLine } from '../text-cleaning.ts'
import { parseXml, readAttribute } from '../xml.ts'
import { type Archive, resolveMember } from '../zip.ts'

/** A part that another part of the same container names. */
export interface Relation {
  /** The last word of its type: `slide`, `notesSlide`, `worksheet`. */
  type: string
  /** The member of the container. */
  target: string
}

/**
 * The main part, as the container's types name it. The programs themselves always use the same place.
 *
 * @throws {AppError} `document.damaged` when it is not there.
 */
export async function findMainPart(archive: Archive, type: RegExp, usual: string): Promise<string> {
  let main = ''
  await parseXml(archive.read('[Content_Types].xml'), {
    open: (_, { PartName: name = '', ContentType: declared = '' }) => {
      if (main === '' && type.test(declared)) main = name.slice(1)
    },
  })
  const found = [main, usual].find((name) => archive.has(name))
  if (!found) throw new AppError('document.damaged')
  return found
}

/** The parts a part names, by the id it uses for them. What lies outside of the container is left out. */
export async function readRelations(archive: Archive, part: string): Promise<Map<string, Relation>> {
  const relations = new Map<string, Relation>()
  const cut = part.lastIndexOf('/') + 1
  await parseXml(archive.read(`${part.slice(0, cut)}_rels/${part.slice(cut)}.rels`), {
    open: (name, attributes) => {
      const { Id: id, Type: type = '', Target: target } = attributes
      if (name !== 'Relationship' || id === undefined || target === undefined) return
      if (attributes.TargetMode === 'External') return
      relations.set(id, {
        type: type.slice(type.lastIndexOf('/') + 1),
        target: resolveMember(part.slice(0, cut), target),
      })
    },
  })
  return relations
}

/** The title of an office document, '' when it has none. */
export async function readCoreTitle(archive: Archive, part = 'docProps/core.xml'): Promise<string> {
  let isTitle = false
  let title = ''
  await parseXml(archive.read(part), {
    open: (name) => {
      isTitle = name === 'title'
    },
    text: (text) => {
      if (isTitle) title += text
    },
    close: () => {
      isTitle = false
    },
  })
  return foldLine(title)
}

/** The parts a list of the main part names, in its order, each with what the list says of it. */
export async function listParts(
  archive: Archive,
  main: string,
  element: string,
): Promise<{ part: string; attributes: Record<string, string> }[]> {
  const relations = await readRelations(archive, main)
  const parts: { part: string; attributes: Record<string, string> }[] = []
  await parseXml(archive.read(main), {
    open: (name, attributes) => {
      const id = name === element ? findRelationId(attributes) : undefined
      const part = relations.get(id ?? '')?.target
      if (part !== undefined) parts.push({ part, attributes })
    },
  })
  return parts
}

/** `r:id`, beside which there may be an `id` of another meaning. */
function findRelationId(attributes: Record<string, string>): string | undefined {
  const key = Object.keys(attributes).find((it) => it.endsWith(':id'))
  return key === undefined ? readAttribute(attributes, 'id') : attributes[key]
}
