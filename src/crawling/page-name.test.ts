import { describe, expect, it } from 'vitest'
import { readDocumentName } from '../knowledge/documents/name.ts'
import { namePage, titlePage } from './page-name.ts'

describe('namePage', () => {
  it.each([
    ['https://example.org/', 'text/html', /^example\.org\/page-[\da-f]{12}\.html$/],
    [
      'https://example.org/guides/sleep%20well',
      'text/html',
      /^example\.org\/guides-sleep-well-[\da-f]{12}\.html$/,
    ],
    [
      'https://example.org/files/Book.PDF',
      'application/octet-stream',
      /^example\.org\/files-Book-[\da-f]{12}\.pdf$/,
    ],
    ['https://example.org/notes.md', 'text/plain', /^example\.org\/notes-[\da-f]{12}\.md$/],
    ['https://example.org/睡眠/指南', undefined, /^example\.org\/睡眠-指南-[\da-f]{12}$/],
    ['https://example.org/%ff%fe', undefined, /^example\.org\/ff-fe-[\da-f]{12}$/],
    ['http://[2606:2800::1]/a', undefined, /^-2606-2800--1-\/a-[\da-f]{12}$/],
  ])('of %s as %s is a name for a file', (address, mediaType, expected) => {
    const name = namePage(new URL(address), mediaType)
    expect(name).toMatch(expected)
    expect(readDocumentName(name)).toBe(name)
  })

  it('is another for every address, and short for the longest', () => {
    const addresses = ['/a', '/a/', '/a.html', '/a?b', '/A', '//a', '/a%2Fb', '/a/b'].map(
      (path) => new URL(`https://example.org${path}`),
    )
    expect(new Set(addresses.map((url) => namePage(url, 'text/html'))).size).toBe(addresses.length)
    const long = new URL(`https://${'a.'.repeat(110)}example.org/${'睡'.repeat(600)}`)
    expect(Buffer.byteLength(namePage(long, 'text/html'))).toBeLessThan(450)
  })
})

describe('titlePage', () => {
  it('is the address as people say it', () => {
    expect(titlePage(new URL('https://example.org/'))).toBe('example.org')
    expect(titlePage(new URL('https://example.org/a%00b%E2%80%AEc'))).toBe('example.org/abc')
    expect(titlePage(new URL('https://example.org/gr%C3%BCn/?a=1'))).toBe('example.org/grün')
  })
})
