import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { AppError } from '../errors.ts'
import { readSitemap } from './sitemap.ts'

const LIMITS = { maxLocations: 100, maxBytes: 1_000_000 }
const read = (content: string | Buffer, limits = LIMITS) =>
  readSitemap(Readable.from([Buffer.from(content)]), limits)
const urlset = (locations: string[]) =>
  `<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">${locations
    .map((location) => `<url><loc>${location}</loc></url>`)
    .join('')}</urlset>`

describe('readSitemap', () => {
  it('reads the pages of a sitemap, and of each its address alone', async () => {
    const text = `<?xml version="1.0" encoding="UTF-8"?><!-- ours -->
      <sm:urlset xmlns:sm="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:image="i">
        <sm:url><sm:loc> https://example.org/a?x=1&amp;y=2 </sm:loc><sm:lastmod>2026-01-01</sm:lastmod>
          <image:image><image:loc>https://example.org/a.png</image:loc></image:image></sm:url>
        <sm:url><sm:loc><![CDATA[https://example.org/b]]></sm:loc></sm:url>
      </sm:urlset>`
    expect(await read(text)).toEqual({
      kind: 'pages',
      locations: ['https://example.org/a?x=1&y=2', 'https://example.org/b'],
    })
  })

  it('reads an index, a packed file and a plain list', async () => {
    const index = '<sitemapindex><sitemap><loc>https://example.org/1.xml</loc></sitemap></sitemapindex>'
    expect(await read(index)).toEqual({ kind: 'sitemaps', locations: ['https://example.org/1.xml'] })
    expect((await read(gzipSync(urlset(['https://example.org/z'])))).locations).toEqual([
      'https://example.org/z',
    ])
    expect((await read('\ufeffhttps://example.org/1\r\nhttps://example.org/2\n\n')).locations).toEqual([
      'https://example.org/1',
      'https://example.org/2',
    ])
  })

  it('reads no more than it may', async () => {
    const many = Array.from({ length: 500 }, (_, at) => `https://example.org/${at}`)
    expect((await read(urlset(many))).locations).toHaveLength(100)
    expect((await read(many.join('\n'))).locations).toHaveLength(100)
  })

  it.each([
    ['a page', '<!doctype html><html><body><p>Not found</p></body></html>'],
    ['a feed', '<rss><channel><item><link>https://example.org/</link></item></channel></rss>'],
    ['nothing', ''],
    ['words', 'There is no sitemap here.'],
    [
      'entities to be blown up',
      '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><urlset><url><loc>https://example.org/&b;</loc></url></urlset>',
    ],
    ['endless depth', `<urlset>${'<a>'.repeat(100_000)}`],
    ['a broken packed file', gzipSync(urlset(['https://example.org/'])).subarray(0, 40)],
  ])('refuses %s', async (_, content) => {
    await expect(read(content)).rejects.toMatchObject({ code: 'web_sitemap.unreadable' })
  })

  it('refuses a bomb once it has unpacked to more than may be, and tells the failure of the body as it is', async () => {
    const bomb = gzipSync(urlset([]).replace('</urlset>', ' '.repeat(20_000_000)))
    expect(bomb.length).toBeLessThan(50_000)
    await expect(read(bomb)).rejects.toMatchObject({ code: 'web_page.too_large' })

    const failing = (async function* () {
      yield gzipSync('x').subarray(0, 12)
      throw new AppError('web_page.timed_out')
    })()
    await expect(readSitemap(failing, LIMITS)).rejects.toMatchObject({ code: 'web_page.timed_out' })
  })
})
