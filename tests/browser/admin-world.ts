import { mkdtemp, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { expect } from 'vitest'
import { startTestApp, type TestApp, type TestAppOptions } from '../../src/testing/app.ts'
import { type SignedInTester, signUpTester, type TesterChanges } from '../../src/testing/signed-in.ts'
import { launchChromium, openPage, type WatchedPage } from './chromium.ts'

/** A phone and a desk: the widths every page has to work at. */
export const WIDTHS = [390, 1280] as const
export type Width = (typeof WIDTHS)[number]

export interface AdminPage extends WatchedPage {
  /** Opens a path of the app and waits until the page stands. */
  visit(path: string): Promise<void>
  /** Writes a picture of the whole page to {@link AdminWorld.shotsDir}. */
  screenshot(name: string): Promise<void>
}

/** The whole app in this process, somebody signed in, and a real browser. */
export interface AdminWorld extends AsyncDisposable {
  test: TestApp
  url: string
  browser: Browser
  tester: SignedInTester
  /** Where screenshots go: SCREENSHOTS_DIR, or a folder of this run's own below the system's temporary one. */
  shotsDir: string
  /** A page in a profile of its own, as wide as asked, signed in as the tester unless `as` says otherwise. */
  page(width: Width, options?: { as?: SignedInTester | 'nobody'; isDark?: boolean }): Promise<AdminPage>
}

export interface AdminWorldOptions extends TestAppOptions {
  /** Who is signed in; the owner of the test bot's Creator unless said otherwise. */
  tester?: TesterChanges
}

/** Starts the app on a database of its own, signs somebody in, and opens Chromium. */
export async function openAdminWorld({
  tester: changes,
  ...options
}: AdminWorldOptions = {}): Promise<AdminWorld> {
  await using opened = new AsyncDisposableStack()
  const test = opened.use(await startTestApp(options))
  const tester = await signUpTester(test, changes)
  const browser = opened.adopt(await launchChromium(), (it) => it.close())
  const shotsDir = process.env.SCREENSHOTS_DIR ?? (await mkdtemp(join(tmpdir(), 'cornerman-shots-')))
  const owned = opened.move()
  return {
    test,
    url: test.url,
    browser,
    tester,
    shotsDir,
    page: async (width, { as = tester, isDark = false } = {}) => {
      const watched = await openPage(browser, test.url, {
        viewport: { width, height: width === 390 ? 844 : 860 },
        hasTouch: width === 390,
        colorScheme: isDark ? 'dark' : 'light',
      })
      if (as !== 'nobody') await signIn(watched.page, test.url, as)
      return Object.assign(watched, {
        visit: async (path: string) => {
          await watched.page.goto(new URL(path, test.url).href)
        },
        screenshot: (name: string) => shoot(watched.page, join(shotsDir, `${name}-${width}.png`)),
      })
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** The whole page, on a screen as high as it: what sticks to an edge is drawn at that edge. */
async function shoot(page: Page, path: string): Promise<void> {
  const size = page.viewportSize() ?? { width: 1280, height: 860 }
  const height = await page.evaluate<number>('document.documentElement.scrollHeight')
  await page.setViewportSize({ ...size, height: Math.max(size.height, Math.min(height, MAX_SHOT_PX)) })
  await page.screenshot({ path })
  await page.setViewportSize(size)
}

/** A longer page is cut: no one looks further. */
const MAX_SHOT_PX = 4_000

async function signIn(page: Page, url: string, { cookie }: SignedInTester): Promise<void> {
  const [name = '', value = ''] = cookie.split('=', 2)
  await page.context().addCookies([{ name, value, url }])
}

const axe = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface AxeFault {
  impact: string
  id: string
  help: string
  nodes: { target: string[]; failureSummary: string }[]
}

/**
 * Fails on any serious or critical fault axe finds in the page as it stands. Its source is evaluated over the
 * debugger's line, which the page's content security policy does not bind, so that the policy stays as it is.
 */
export async function expectAccessible(page: Page): Promise<void> {
  await page.evaluate(await axe)
  const faults = await page.evaluate<AxeFault[]>(
    `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
      violations.filter(({ impact }) => ['serious', 'critical'].includes(impact)))`,
  )
  const told = faults.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${help} at ${target.join(' ')}: ${failureSummary}`),
  )
  expect(told, page.url()).toEqual([])
}

/** Fails where the page can be pushed sideways: on a phone that hides half of it. */
export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const beyond = await page.evaluate<number>(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  )
  expect(beyond, `${page.url()} is wider than the screen`).toBe(0)
}
