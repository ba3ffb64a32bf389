import { Parser } from 'htmlparser2'
import { describe, expect, it } from 'vitest'
import { plainText } from '../testing/markdown/plain-text.ts'
import {
  generateAnswers,
  HAS_NAUGHTY_STRINGS,
  readNaughtyStrings,
} from '../testing/markdown/rendered-answers.ts'
import type { Citation } from './channel.ts'
import { renderWeb } from './render-web.ts'

const CITATIONS: Citation[] = [1, 2].map((n) => ({
  n,
  documentId: 'd',
  passageId: 'p',
  document: `Guide "${n}" <b>`,
  locator: 'page 4',
  quote: 'q',
}))

describe('renderWeb', () => {
  it('renders lists, tables, quotes and code as what they are', () => {
    const markdown =
      '3. a\n   - b\n4. c\n\n> q\n\n| h |\n|--|\n| *x* |\n\n```ts\n1 < 2\n```\n\n---\n\n[1] [9] `[1]`'

    expect(render(markdown)).toBe(
      [
        '<ol start="3"><li>a<ul><li>b</li></ul></li><li>c</li></ol>',
        '<blockquote><p dir="auto">q</p></blockquote>',
        '<table><thead><tr><th dir="auto">h</th></tr></thead><tbody><tr><td dir="auto"><em>x</em></td></tr></tbody></table>',
        '<pre dir="ltr"><code data-language="ts">1 &lt; 2</code></pre>',
        '<hr>',
        '<p dir="auto"><button type="button" class="cite" data-n="1" aria-expanded="false" aria-label="[1] Guide &quot;1&quot; &lt;b&gt; page 4">[1]</button> [9] <code>[1]</code></p>',
      ].join(''),
    )
  })

  it('opens links safely and loads no pictures', () => {
    expect(render('![cat](https://x.org/c.png) [a](javascript:x)')).toBe(
      '<p dir="auto"><a href="https://x.org/c.png" rel="noopener nofollow" target="_blank">cat</a> a</p>',
    )
  })

  it('renders generated answers as our own tags, with all their text', { timeout: 60_000 }, () => {
    for (const { name, markdown } of generateAnswers(400)) expectSound(name, markdown)
  })

  it.skipIf(!HAS_NAUGHTY_STRINGS)(
    'renders each collected hostile string, also as the name of a document',
    () => {
      for (const { name, markdown } of readNaughtyStrings()) {
        expectSound(name, markdown)
        const citations = CITATIONS.map((citation) => ({ ...citation, document: markdown }))
        expect(readPage(renderWeb({ markdown: '[1]', citations, buttons: [] })).faults, name).toEqual([])
      }
    },
  )
})

function render(markdown: string): string {
  return renderWeb({ markdown, citations: CITATIONS, buttons: [] })
}

function expectSound(name: string, markdown: string): void {
  const html = render(markdown)
  const { text, faults } = readPage(html)
  expect(faults, name).toEqual([])
  // Bullets, numbers and lines of tables are drawn by the browser.
  expect(lettersOf(text), name).toBe(lettersOf(plainText(markdown)))
}

function lettersOf(text: string): string {
  return text.replace(/[^\p{L}\p{M}\p{Emoji}]|[\d*#]/gu, '')
}

const ATTRIBUTES: Record<string, string[]> = {
  a: ['href', 'rel', 'target'],
  button: ['type', 'class', 'data-n', 'aria-expanded', 'aria-label'],
  code: ['data-language'],
  ol: ['start'],
  ...Object.fromEntries(['p', 'pre', 'td', 'th'].map((tag) => [tag, ['dir']])),
  ...Object.fromEntries(
    ['h3', 'h4', 'h5', 'h6', 'ul', 'li', 'blockquote', 'table', 'thead', 'tbody', 'tr'].map((tag) => [
      tag,
      [],
    ]),
  ),
  ...Object.fromEntries(['strong', 'em', 's', 'br', 'hr'].map((tag) => [tag, []])),
}

/** The page as an HTML parser of another house reads it. */
function readPage(html: string): { text: string; faults: string[] } {
  const faults: string[] = []
  let text = ''
  const open: string[] = []
  const parser = new Parser({
    onopentag(tag, attributes) {
      open.push(tag)
      const allowed = ATTRIBUTES[tag]
      if (!allowed) faults.push(`tag ${tag}`)
      for (const [name, value] of Object.entries(attributes)) {
        if (!allowed?.includes(name)) faults.push(`${name} on ${tag}`)
        if (name === 'href' && !/^(?:https?:\/\/|mailto:|tg:)/i.test(value)) faults.push(`link to ${value}`)
      }
      if (tag === 'a' && attributes.rel !== 'noopener nofollow') faults.push('link without rel')
    },
    onclosetag(tag, isImplied) {
      if (open.pop() !== tag) faults.push(`${tag} closed out of order`)
      if (isImplied && tag !== 'br' && tag !== 'hr') faults.push(`${tag} not closed`)
    },
    ontext: (piece) => {
      text += piece
    },
    oncomment: () => faults.push('comment'),
  })
  parser.end(html)
  return { text, faults }
}
