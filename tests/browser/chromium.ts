import { existsSync } from 'node:fs'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

const PATHS = [
  process.env.CHROMIUM_PATH,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

/** The system's Chromium, where there is one. */
export const chromiumPath = PATHS.find((path) => path && existsSync(path))

export function launchChromium(): Promise<Browser> {
  // Without the sandbox it also runs as root in a container; it sees no page but ours.
  return chromium.launch({ executablePath: chromiumPath ?? '', args: ['--no-sandbox'] })
}

export interface WatchedPage extends AsyncDisposable {
  page: Page
  /** Console errors, uncaught exceptions, violations of the content security policy, requests to elsewhere. */
  complaints: string[]
  /** Bytes that came over the wire so far, event streams aside. */
  bytes(): Promise<number>
}

/** A page in a browser profile of its own, and everything it complains of. */
export async function openPage(
  browser: Browser,
  origin: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({ locale: 'en-US', ...options })
  const page = await context.newPage()
  const complaints: string[] = []
  const sizes: Promise<number>[] = []
  page.on('console', (line) => {
    if (['error', 'warning'].includes(line.type())) complaints.push(line.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('request', (request) => {
    if (!request.url().startsWith(origin)) complaints.push(`asked elsewhere: ${request.url()}`)
  })
  page.on('requestfinished', (request) => {
    const measured = request.sizes().then((it) => it.responseHeadersSize + it.responseBodySize)
    // What was under way when its page closed is no one's to weigh any more.
    sizes.push(measured.catch(() => 0))
  })
  return {
    page,
    complaints,
    bytes: async () => (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0),
    [Symbol.asyncDispose]: () => context.close(),
  }
}
