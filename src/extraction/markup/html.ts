import { AppError } from '../../errors.ts'
import { BlockBuilder } from '../builder.ts'
import type { Reading, Source } from '../format.ts'
import { decodeText } from '../read-encoding.ts'
import { BlockSink } from '../sink.ts'
import { foldLine } from '../text-cleaning.ts'
import { parseMarkup } from './html-parse.ts'
import { readHiddenRules } from './html-style.ts'
import { HtmlWalk, PAGE_BOILERPLATE } from './html-walk.ts'

/** Where a page declares its encoding: browsers look this far too. */
const META_BYTES = 1024

/** Reads the text a visitor of a web page sees, without its navigation. */
export function readHtml({ bytes }: Source, sink: BlockSink): Reading {
  const start = bytes.subarray(0, META_BYTES).toString('latin1')
  const charset = /(?:charset|encoding)\s*=\s*["']?\s*([\w-]+)/i.exec(start)?.[1]
  const html = decodeText(bytes, charset)
  if (html === undefined) throw new AppError('document.damaged')
  return readHtmlText(html, sink)
}

/**
 * Reads HTML that is already text.
 *
 * Navigation, page heads and feet are left out, unless the page has nothing
 * else. What styles or attributes hide is always left out.
 *
 * @param boilerplate What counts as such: in a book, notes and boxes stand aside from the text and belong to it.
 */
export function readHtmlText(html: string, sink: BlockSink, boilerplate = PAGE_BOILERPLATE): Reading {
  const rules = readHiddenRules(collectStyles(html))
  const walk = (leftOut: ReadonlySet<string>): { blocks: BlockSink; title: string } => {
    const blocks = new BlockSink(sink.limit)
    const handler = new HtmlWalk(new BlockBuilder(blocks), { rules, boilerplate: leftOut })
    parseMarkup(html, handler)
    return { blocks, title: foldLine(handler.title) }
  }
  const main = walk(boilerplate)
  const { blocks, title } = main.blocks.blocks.length > 0 ? main : walk(new Set())
  for (const block of blocks.blocks) sink.add(block)
  return title === '' ? {} : { title }
}

function collectStyles(html: string): string {
  if (!/<style/i.test(html)) return ''
  let isStyle = false
  const styles: string[] = []
  parseMarkup(html, {
    onopentag: (name) => {
      isStyle = name === 'style'
    },
    ontext: (text) => {
      if (isStyle) styles.push(text)
    },
    onclosetag: () => {
      isStyle = false
    },
  })
  return styles.join('\n')
}
