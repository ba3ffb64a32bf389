import { type Handler, Parser } from 'htmlparser2'

/** Fed to the parser at once: keeps its buffers small. */
const PIECE_CHARACTERS = 256 * 1024

/** Parses HTML as it comes, however broken or deeply nested, and tells the handler. */
export function parseMarkup(html: string, handler: Partial<Handler>): void {
  const parser = new Parser(handler)
  for (let at = 0; at < html.length; at += PIECE_CHARACTERS) {
    parser.write(html.slice(at, at + PIECE_CHARACTERS))
  }
  parser.end()
}
