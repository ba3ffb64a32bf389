import { Marked } from 'marked'
import { describe, expect, it } from 'vitest'
import { generateMarkdown } from '../testing/markdown/generator.ts'
import { plainText } from '../testing/markdown/plain-text.ts'
import { MAX_MARKDOWN_CHARS, parseMarkdown } from './markdown.ts'

describe('parseMarkdown', () => {
  it('keeps citation markers as text, even where the answer defines them as links', () => {
    const markdown = 'Walk daily [1], sleep well [2][3].\n\n[1]: https://evil.example/\n'

    expect(plainText(markdown)).toBe('Walk daily [1], sleep well [2][3].\n\n[1]: https://evil.example/')
    expect(plainText('As shown [1](https://example.org).')).toBe('As shown [1].')
  })

  it('links to http, https, mailto and tg alone, and keeps the label of any other link', () => {
    const markdown =
      '[a](https://x.org) [b](javascript:x) [c](tg://y) [d](data:z) [e](mailto:f@g.org) [h](/i)'

    const [block] = parseMarkdown(markdown)

    expect(block).toMatchObject({ kind: 'paragraph', content: { text: 'a b c d e h' } })
    const spans = block?.kind === 'paragraph' ? block.content.spans : []
    expect(spans.map(({ style }) => style.type === 'link' && style.url)).toEqual([
      'https://x.org',
      'tg://y',
      'mailto:f@g.org',
    ])
  })

  it('shows HTML as text, a picture as its description, and resolves character references', () => {
    expect(plainText('<b>hi</b> &amp; <script>x</script> `&amp;`')).toBe(
      '<b>hi</b> & <script>x</script> `&amp;`'.replaceAll('`', ''),
    )
    expect(plainText('![a cat](https://x.org/cat.png) ![](https://x.org/2.png)')).toBe(
      'a cat https://x.org/2.png',
    )
    expect(plainText('<div>\n*x*\n</div>')).toBe('<div>\n*x*\n</div>')
  })

  it('numbers and indents lists, ticks tasks, and shows empty items', () => {
    const markdown = '7. a\n   - b\n     more\n8. c\n\n- [x] done\n- [ ] open\n-'

    expect(plainText(markdown)).toBe('7. a\n   • b\n      more\n8. c\n\n☑ done\n☐ open\n•')
  })

  it('aligns a narrow table and gives a wide one a line a row, each cell once', () => {
    expect(plainText('| a | bb |\n|--|--|\n| 日本 | 1 |')).toBe('a     bb\n────  ──\n日本  1')
    const wide = plainText(`| name | what |\n|--|--|\n| x | ${'long '.repeat(20)}|\n| y | |`)
    expect(wide).toBe(`name · what\n• x · ${'long '.repeat(20).trim()}\n• y · –`)
  })

  it('keeps every word of Markdown over its limit, as plain paragraphs', () => {
    const markdown = '**bold** words\n\n'.repeat(MAX_MARKDOWN_CHARS / 10)

    expect(plainText(markdown)).toBe(markdown.trim())
  })

  it('shows the letters and digits that another renderer of Markdown shows, in the same order', () => {
    for (let seed = 0; seed < 150; seed++) {
      const markdown = generateMarkdown(seed)

      expect(lettersOf(plainText(markdown)), `seed ${seed}`).toBe(lettersOf(readAsHtml(markdown)))
    }
  })
})

describe('parseMarkdown on hostile input', () => {
  const DEPTH = 5_000
  const monsters: Record<string, string> = {
    quotes: `${'>'.repeat(DEPTH)} a`,
    'spaced quotes': `${'> '.repeat(DEPTH)} a`,
    'lists in a line': `${'- '.repeat(DEPTH)} a`,
    'numbers in a line': `${'1. '.repeat(DEPTH)} a`,
    'lists in lines': Array.from({ length: 280 }, (_, depth) => `${' '.repeat(depth)}- a`).join('\n'),
    'an item of many lines': `- a\n${'*a*\n'.repeat(9_000)}`,
    emphasis: '***a_b__'.repeat(DEPTH),
    'nested emphasis': `${'*a _b '.repeat(DEPTH / 2)}${'b_ a* '.repeat(DEPTH / 2)}`,
    brackets: `${'['.repeat(DEPTH)}a${']'.repeat(DEPTH)}`,
    'open links': '[a](<b'.repeat(DEPTH),
    addresses: 'http://a('.repeat(4_000),
    'a long mail address': `${'a'.repeat(39_000)}@`,
    spaces: `a${' '.repeat(39_000)}b`,
    tabs: `:${'\t'.repeat(39_000)}`,
    'lines of space': ' \n'.repeat(19_000),
    fences: '```\n***'.repeat(DEPTH),
    'table rules': `a\n${'|-|\n'.repeat(9_000)}`,
    tags: '<a href="'.repeat(4_000),
    references: '&amp;'.repeat(8_000),
  }

  it.each(Object.entries(monsters))('reads %s in bounded time and loses nothing', (_, monster) => {
    const markdown = monster.slice(0, MAX_MARKDOWN_CHARS)
    const cpu = process.cpuUsage()

    const text = plainText(markdown)

    // The slowest takes 0.3 s; unbounded, most take many seconds or overflow the stack.
    const { user } = process.cpuUsage(cpu)
    expect(user / 1000).toBeLessThan(2_500)
    const letters = (it: string) => it.replace(/[^ab]/g, '').length
    expect(letters(text)).toBe(letters(markdown.replaceAll('&amp;', '&')))
  })
})

function lettersOf(text: string): string {
  return text.replace(/[^\p{L}\p{N}]/gu, '')
}

/** The text of marked's own HTML, by its own renderer: nothing of ours but the choices we state. */
function readAsHtml(markdown: string): string {
  const escapeText = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  const isOurs = (href: string) => /^(?:https?:\/\/|mailto:|tg:)/i.test(href)
  const marked = new Marked({ gfm: true, tokenizer: { def: () => undefined } })
  marked.use({
    renderer: {
      html: ({ text }) => (/^<br\s*\/?>$/i.test(text) ? ' ' : escapeText(text)),
      image: ({ text, href }) => escapeText(text || (isOurs(href) ? href : '')),
      link({ tokens }) {
        return this.parser.parseInline(tokens)
      },
      list({ ordered, start, items }) {
        const numberOf = (index: number) => (ordered ? `${Number(start) + index}. ` : '')
        return items.map((item, index) => numberOf(index) + this.parser.parse(item.tokens)).join('\n')
      },
    },
  })
  const clean = markdown
    .toWellFormed()
    .replaceAll('\u2028', '\n')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the generator's control characters
    .replace(/[\u0000\u0007\u202C\u202E]/g, '')
  const html = marked.parse(clean, { async: false })
  const references: Record<string, string> = { lt: '<', gt: '>', quot: '"', '#39': "'", amp: '&' }
  return html
    .replace(/<[^>]*>/g, '')
    .replace(/&(lt|gt|quot|#39|amp);/g, (_, name: string) => references[name] ?? '')
}
