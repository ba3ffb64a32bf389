/** A browser without script, as far as the pages need one: it keeps cookies and sends what browsers send. */
export interface TestBrowser {
  /** By name; of what the pages have set so far. */
  cookies: Map<string, string>
  get(path: string, headers?: Record<string, string>): Promise<Response>
  /** Posts a form; the headers given win. Follows no redirect. */
  post(path: string, fields: Record<string, string>, headers?: Record<string, string>): Promise<Response>
}

const PLAIN = { 'Accept-Encoding': 'identity' }

export function openTestBrowser(baseUrl: string): TestBrowser {
  const cookies = new Map<string, string>()

  async function ask(path: string, init: RequestInit, changes: Record<string, string>): Promise<Response> {
    // Unpacked, so that two answers of one length have one length.
    const headers = new Headers({ ...PLAIN, Accept: 'text/html', 'User-Agent': 'Test browser' })
    if (cookies.size > 0) headers.set('Cookie', [...cookies].map((pair) => pair.join('=')).join('; '))
    for (const [name, value] of Object.entries(changes)) headers.set(name, value)
    const response = await fetch(new URL(path, baseUrl), { redirect: 'manual', ...init, headers })
    for (const line of response.headers.getSetCookie()) keepCookie(line)
    return response
  }

  function keepCookie(line: string): void {
    const [pair = '', ...terms] = line.split(';')
    const [name = '', value = ''] = pair.split('=', 2)
    const expires = terms.map((term) => term.trim()).find((term) => /^expires=/i.test(term))
    const isGone = expires !== undefined && new Date(expires.slice(8)).getTime() <= Date.now()
    if (isGone) cookies.delete(name)
    else cookies.set(name, value)
  }

  return {
    cookies,
    get: (path, headers = {}) => ask(path, {}, headers),
    post: (path, fields, headers = {}) =>
      ask(
        path,
        { method: 'POST', body: new URLSearchParams(fields) },
        { 'Sec-Fetch-Site': 'same-origin', ...headers },
      ),
  }
}

/** The address of the first link on a page whose path begins so; entities read. */
export function findLink(html: string, start: string): string {
  const [, link] = new RegExp(`href="(${start.replaceAll(/[?/]/g, '\\$&')}[^"]*)"`).exec(html) ?? []
  if (!link) throw new Error(`no link to ${start} on the page`)
  return link.replaceAll('&amp;', '&')
}
