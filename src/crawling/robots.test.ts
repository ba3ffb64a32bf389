import { describe, expect, it } from 'vitest'
import { readRobots } from './robots.ts'

const isAllowed = (text: string, path: string) => readRobots(text, 'Cornerman').isAllowed(path)

describe('readRobots', () => {
  it.each([
    // The longest rule counts, whatever the order.
    ['disallow: /a\nallow: /a/b', '/a/b/c', true],
    ['allow: /a/b\ndisallow: /a', '/a/x', false],
    ['disallow: /a/b\nallow: /a', '/a/b', false],
    // Of two as long, the one that allows.
    ['disallow: /a\nallow: /a', '/a', true],
    // Wildcards, and the end.
    ['disallow: /*.pdf$', '/x/book.pdf', false],
    ['disallow: /*.pdf$', '/x/book.pdf?page=2', true],
    ['disallow: /*.pdf', '/x/book.pdf?page=2', false],
    ['disallow: /a*b*c', '/a1b2c3', false],
    ['disallow: /a*b*c', '/a1c2b3', true],
    ['disallow: /$', '/', false],
    ['disallow: /$', '/a', true],
    ['disallow: *private', '/very/private/x', false],
    ['disallow: /a*ab$', '/ab', true],
    ['disallow: /a*ab$', '/aab', false],
    // Nothing is a rule about nothing.
    ['disallow:', '/a', true],
    ['disallow: /', '/robots.txt', true],
    // The query is part of it, case counts, and escapes are one and the same.
    ['disallow: /search?q=', '/search?q=x', false],
    ['disallow: /Private', '/private', true],
    ['disallow: /%7ejoe/', '/~joe/x', false],
    ['disallow: /grün', '/gr%C3%BCn', false],
    ['disallow: /a%2fb', '/a%2Fb', false],
    ['disallow: /a # all of it', '/a', false],
  ])('%j: %s %s', (rules, path, allowed) => {
    expect(isAllowed(`user-agent: *\n${rules}\n`, path)).toBe(allowed)
  })

  it('takes the groups that name us, joined, over those for everyone', () => {
    const text = [
      'User-Agent: *',
      'Disallow: /',
      'User-Agent: other',
      'User-agent: CORNERMAN/2.0',
      'Disallow: /first',
      'Sitemap: https://example.org/sitemap.xml',
      '',
      'user-agent: cornerman',
      'disallow: /second',
    ].join('\r\n')

    expect(['/', '/first', '/second', '/third'].map((path) => isAllowed(text, path))).toEqual([
      true,
      false,
      false,
      true,
    ])
  })

  it('allows all where no group is meant, and where it is no robots.txt at all', () => {
    expect(isAllowed('user-agent: other\ndisallow: /', '/a')).toBe(true)
    expect(isAllowed('<!doctype html><p>Not found</p>', '/a')).toBe(true)
    expect(isAllowed('', '/a')).toBe(true)
    expect(isAllowed('disallow: /', '/a')).toBe(true)
    expect(isAllowed('\ufeffuser-agent: *\ndisallow: /a', '/a')).toBe(false)
  })

  it('reads the wait it asks for', () => {
    const delayOf = (value: string) =>
      readRobots(`user-agent: *\ncrawl-delay: ${value}\ndisallow: /x`, 'Cornerman').delayMs
    expect(delayOf('2.5')).toBe(2_500)
    expect(delayOf('soon')).toBeUndefined()
    expect(delayOf('-1')).toBeUndefined()
  })

  it('is not slowed down by patterns made to be slow', () => {
    const text = `user-agent: *\n${`disallow: /${'*a'.repeat(900)}b$\n`.repeat(250)}`
    const rules = readRobots(text, 'Cornerman')
    const started = performance.now()

    expect(rules.isAllowed(`/${'a'.repeat(2_000)}`)).toBe(true)
    expect(performance.now() - started).toBeLessThan(2_000)
  })
})
