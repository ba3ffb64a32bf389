import { describe, expect, it } from 'vitest'
import { readTypedAddress, readWebAddress } from './web-address.ts'

describe('readWebAddress', () => {
  it.each([
    ['HTTPS://Example.ORG:443/a/../b/./c#part', 'https://example.org/b/c'],
    ['http://example.org.', 'http://example.org/'],
    ['https://example.org/%7Ejoe/%c3%bc', 'https://example.org/~joe/%C3%BC'],
    ['https://example.org/grün', 'https://example.org/gr%C3%BCn'],
    ['https://bücher.example/', 'https://xn--bcher-kva.example/'],
    ['https://example.org/a?utm_source=x&b=1&gclid=2', 'https://example.org/a?b=1'],
    ['https://example.org/a?utm_source=x', 'https://example.org/a'],
    ['https://example.org/a?', 'https://example.org/a'],
    // The order of parameters and a slash at the end may mean something to the site.
    ['https://example.org/a/?b=1&a=2', 'https://example.org/a/?b=1&a=2'],
    ['  https://example.org/a\n', 'https://example.org/a'],
  ])('%s is %s', (given, expected) => {
    expect(readWebAddress(given).href).toBe(expected)
    expect(readWebAddress(expected).href).toBe(expected)
  })

  it.each(['', 'x', '/a', 'ftp://example.org/', 'https://', `https://example.org/${'a'.repeat(2_100)}`])(
    '%j is none',
    (given) => {
      expect(() => readWebAddress(given)).toThrow(expect.objectContaining({ code: 'web_address.invalid' }))
    },
  )

  it('reads what is relative to another', () => {
    const base = new URL('https://example.org/a/b')
    expect(readWebAddress('../c', base).href).toBe('https://example.org/c')
    expect(readWebAddress('//example.com/', base).href).toBe('https://example.com/')
  })
})

describe('readTypedAddress', () => {
  it.each([
    ['example.org/guide', 'https://example.org/guide'],
    ['http://example.org/guide', 'http://example.org/guide'],
    ['example.org:443/x', 'https://example.org/x'],
  ])('%s is %s', (given, expected) => {
    expect(readTypedAddress(given).href).toBe(expected)
  })
})
