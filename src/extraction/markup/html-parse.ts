import { type Handler, Parser } from 'htmlparser2'
import { NestingGuard } from '../nesting.ts'

/** Fed to the parser at once: keeps its buffers small. */
const PIECE_CHARACTERS = 256 * 1024

/** What is listened to. */
export type MarkupHandler = Pick<Partial<Handler>, 'onopentag' | 'ontext' | 'onclosetag' | 'onend'>

/**
 * Parses HTML as it comes, however broken, and tells the handler.
 *
 * @throws {AppError} `document.damaged` where elements are nested only to be costly.
 */
export function parseMarkup(html: string, handler: MarkupHandler): void {
  const nesting = new NestingGuard()
  const parser = new Parser({
    onopentag(name, attributes, isImplied) {
      nesting.open()
      handler.onopentag?.(name, attributes, isImplied)
    },
    ontext: (text) => handler.ontext?.(text),
    onclosetag(name, isImplied) {
      nesting.close()
      handler.onclosetag?.(name, isImplied)
    },
    onend: () => handler.onend?.(),
  })
  for (let at = 0; at < html.length; at += PIECE_CHARACTERS) {
    parser.write(html.slice(at, at + PIECE_CHARACTERS))
  }
  parser.end()
}
