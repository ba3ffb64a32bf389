import { Parser } from 'htmlparser2'
import { AppError } from '../errors.ts'
import { NestingGuard } from './nesting.ts'

/** Listens to an XML part. Names come without their prefix: strict and transitional OOXML differ only there. */
export interface XmlHandler {
  open?(name: string, attributes: Record<string, string>): void
  text?(text: string): void
  close?(name: string): void
}

/**
 * Parses XML as it is inflated; the whole text is never held.
 *
 * No entity is ever resolved beyond the five of XML itself, and a document type
 * declaration, which no office program writes, is refused.
 *
 * @param mayDeclare true where the format is written with a declaration: it is passed over.
 * @throws {AppError} `document.damaged` on a document type declaration, and where elements are nested only to be
 *   costly.
 */
export async function parseXml(
  pieces: AsyncIterable<Buffer>,
  handler: XmlHandler,
  { mayDeclare = false } = {},
): Promise<void> {
  let isDeclared = false
  const nesting = new NestingGuard()
  const parser = new Parser(
    {
      onopentag: (name, attributes) => {
        nesting.open()
        handler.open?.(localName(name), attributes)
      },
      ontext: (text) => handler.text?.(text),
      onclosetag: (name) => {
        nesting.close()
        handler.close?.(localName(name))
      },
      onprocessinginstruction: (name) => {
        if (name.toLowerCase() === '!doctype') isDeclared = true
      },
    },
    { xmlMode: true },
  )
  let decoder: InstanceType<typeof TextDecoder> | undefined
  for await (const piece of pieces) {
    decoder ??= new TextDecoder(findEncoding(piece))
    parser.write(decoder.decode(piece, { stream: true }))
    if (isDeclared && !mayDeclare) throw new AppError('document.damaged', { reason: 'doctype' })
  }
  parser.end()
}

function findEncoding(piece: Buffer): string {
  if (piece[0] === 0xff && piece[1] === 0xfe) return 'utf-16le'
  if (piece[0] === 0xfe && piece[1] === 0xff) return 'utf-16be'
  return 'utf-8'
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}

/** An attribute by its local name, whatever its prefix. */
export function readAttribute(attributes: Record<string, string>, name: string): string | undefined {
  return attributes[`w:${name}`] ?? attributes[name] ?? findPrefixed(attributes, name)
}

function findPrefixed(attributes: Record<string, string>, name: string): string | undefined {
  const key = Object.keys(attributes).find((it) => it.endsWith(`:${name}`))
  return key === undefined ? undefined : attributes[key]
}

/** An on/off property: present means on, unless it says otherwise. */
export function isOn(attributes: Record<string, string>): boolean {
  return !/^(0|false|off)$/.test(readAttribute(attributes, 'val') ?? '1')
}
