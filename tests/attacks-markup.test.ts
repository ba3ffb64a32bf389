import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findMarkupFaults, MARKUP_ATTEMPTS } from '../src/testing/attacks/page-check.ts'
import {
  type AttackWorld,
  listPages,
  openAttackWorld,
  PLACE_NAMES,
  plantedElement,
  plantedWord,
  plantMarkup,
} from '../src/testing/attacks/world.ts'

/** A mail as a mail program shows it, styles and all: only ever in a frame of ours that runs nothing. */
const MAIL_PREVIEW = '/admin/account/mails/preview'
const SANDBOXED =
  "default-src 'none';style-src 'unsafe-inline';frame-ancestors 'self';form-action 'none';sandbox"

describe('words that try to become markup', () => {
  let world: AttackWorld
  /** Every page of the world, markup planted wherever people write. */
  const pages = new Map<string, { status: number; html: string; headers: Headers }>()

  beforeAll(async () => {
    world = await openAttackWorld()
    await plantMarkup(world.app.app.installation.db, world.rows.creatorId)
    for (const path of listPages(world)) {
      const response = await world.owner.fetch(path)
      pages.set(path, { status: response.status, html: await response.text(), headers: response.headers })
    }
  }, 120_000)
  afterAll(() => world[Symbol.asyncDispose]())

  const ask = (path: string, init: RequestInit = {}) =>
    fetch(new URL(path, world.app.url), { redirect: 'manual', ...init })

  describe('stored script', () => {
    it('is looked for on real pages', () => {
      const shown = [...pages.values()].filter(({ status }) => status === 200)
      expect(
        shown.length,
        [...pages].map(([path, { status }]) => `${status} ${path}`).join('\n'),
      ).toBeGreaterThan(25)
      expect([...pages].filter(([, { status }]) => status >= 500)).toEqual([])
    })

    it.each(PLACE_NAMES)('in %s stays text on every page', (place) => {
      for (const [path, { html, headers }] of pages) {
        if (!(headers.get('content-type') ?? '').includes('html')) continue
        const faults = findMarkupFaults(html)
        if (path !== MAIL_PREVIEW) expect(faults, path).toEqual([])
        expect(html.includes(`<${plantedElement(place)}`), path).toBe(false)
      }
    })

    it('was shown as text where people write most', () => {
      const all = [...pages.values()].map(({ html }) => html).join('\n')
      const shown = PLACE_NAMES.filter((place) => all.includes(plantedWord(place)))
      expect(shown).toEqual(
        expect.arrayContaining([
          'creator name',
          'bot settings',
          'document title',
          'subscriber name',
          'gap group question',
        ]),
      )
      expect(shown.length, `shown: ${shown.join(', ')}`).toBeGreaterThanOrEqual(12)
    })
  })

  describe('reflected script', () => {
    const attempts = (attempt: string): [name: string, path: () => string, init?: RequestInit][] => {
      const words = encodeURIComponent(attempt)
      return [
        ['in the search words', () => world.fill(`/admin/bots/:botId/knowledge/search?q=${words}`)],
        [
          'in a list filter',
          () => world.fill(`/admin/bots/:botId/knowledge?q=${words}&tag=${words}&state=${words}`),
        ],
        ['in a cursor', () => world.fill(`/admin/bots/:botId/subscribers?cursor=${words}`)],
        ['in the chat search', () => world.fill(`/admin/bots/:botId/chats?q=${words}&cursor=${words}`)],
        ['in the notice of a page', () => `/admin/start?done=${words}`],
        ['in an address that is not there', () => `/admin/${words}`],
        ['in an address outside the pages', () => `/${words}`],
        ['in an id', () => `/admin/bots/${words}/knowledge`],
        ['in the way back after signing in', () => `/admin/sign-in?next=${words}`],
        ['in a link token', () => `/admin/sign-in/link?token=${words}&next=${words}`],
        ['in a reset token', () => `/admin/reset?token=${words}`],
        ['in an invitation', () => `/admin/invitation?token=${words}`],
        ['in the slug of a try-out', () => `/try/${words}`],
        ['in the API', () => `/api/v1/${words}?x=${words}`],
        ['in the gap filter', () => world.fill(`/admin/bots/:botId/gaps?state=${words}&cursor=${words}`)],
        ['in the overview', () => world.fill(`/admin/bots/:botId/overview?from=${words}&days=${words}`)],
      ]
    }
    const table = MARKUP_ATTEMPTS.slice(0, 3).flatMap((attempt, at) =>
      attempts(attempt).map(([name, path]) => [`${name} (${at + 1})`, path] as const),
    )

    it.each(table)('%s stays text', async (_name, path) => {
      const response = await world.owner.fetch(path())
      const body = await response.text()
      expect(response.status).toBeLessThan(500)
      expect(response.headers.get('x-content-type-options')).toBe('nosniff')
      if (response.headers.get('content-type')?.includes('html')) expect(findMarkupFaults(body)).toEqual([])
    })

    it.each(['email', 'name', 'next'])('in the %s of the sign-up form stays text', async (field) => {
      const fields = {
        name: 'A',
        email: 'nobody',
        password: 'x',
        next: '/admin',
        [field]: MARKUP_ATTEMPTS[1],
      }
      const response = await ask('/admin/sign-up', {
        method: 'POST',
        body: new URLSearchParams(fields),
        headers: { Accept: 'text/html' },
      })
      expect(response.status).toBeLessThan(500)
      expect(findMarkupFaults(await response.text())).toEqual([])
    })
  })

  it('no page can be framed, sniffed or kept by a shared cache', () => {
    expect(pages.get(MAIL_PREVIEW)?.headers.get('content-security-policy')).toBe(SANDBOXED)
    for (const [path, { headers, html }] of pages) {
      if (path === MAIL_PREVIEW) continue
      expect(headers.get('content-security-policy'), path).toContain("frame-ancestors 'none'")
      expect(headers.get('content-security-policy'), path).not.toMatch(/unsafe-inline|unsafe-eval|\*/)
      expect(headers.get('x-frame-options'), path).toBeTruthy()
      expect(headers.get('x-content-type-options'), path).toBe('nosniff')
      if (html.includes(world.owner.csrfToken))
        expect(headers.get('cache-control'), path).toContain('no-store')
    }
  })

  it('none of all that was an unexpected error', () => {
    expect(world.log.filter((line) => line.includes('request-failed'))).toEqual([])
  })
})
