import { AppError } from '../errors.ts'

/** Longer ones are made by machines for machines; sitemaps allow as much. */
export const MAX_ADDRESS_CHARS = 2_048

/** Parameters that tell where a visitor came from and never what they see. */
const TRACKING =
  /^(utm_\w+|gclid|gbraid|wbraid|dclid|fbclid|msclkid|mc_cid|mc_eid|igshid|yclid|_hs(enc|mi))$/i

/**
 * Reads the address of a page into its one form: no fragment, no parameter that only tracks, escapes in one way. Two
 * addresses of the same form are the same page.
 *
 * @param base what a relative one is relative to.
 * @throws {AppError} `web_address.invalid` unless it is http or https and carries no name or password.
 */
export function readWebAddress(text: string, base?: URL): URL {
  const given = text.trim()
  const url = given.length <= MAX_ADDRESS_CHARS ? (URL.parse(given, base?.href) ?? undefined) : undefined
  const isWeb = url?.protocol === 'https:' || url?.protocol === 'http:'
  if (!url || !isWeb || url.username !== '' || url.password !== '' || url.hostname === '') {
    throw new AppError('web_address.invalid')
  }
  url.hash = ''
  url.hostname = url.hostname.replace(/\.$/, '')
  url.pathname = tidyEscapes(url.pathname)
  url.search = tidyEscapes(withoutTracking(url.search))
  if (url.href.length > MAX_ADDRESS_CHARS) throw new AppError('web_address.invalid')
  return url
}

/** As people type it: `example.org/page` is meant as https. */
export function readTypedAddress(text: string): URL {
  const given = text.trim()
  return readWebAddress(
    /^[a-z][a-z\d+.-]*:/i.test(given) && !isHostAndPort(given) ? given : `https://${given}`,
  )
}

/** `example.org:8080/x` is no scheme called "example.org". */
function isHostAndPort(text: string): boolean {
  return /^[^/?#]*\.[^/?#:]*:\d+([/?#]|$)/.test(text)
}

/** `host:port`, the port always said. */
export function originKey({ hostname, port, protocol }: URL): string {
  return `${hostname}:${port || (protocol === 'https:' ? '443' : '80')}`
}

function withoutTracking(search: string): string {
  const kept = search
    .slice(1)
    .split('&')
    .filter((part) => part !== '' && !TRACKING.test(part.split('=')[0] ?? ''))
  return kept.length > 0 ? `?${kept.join('&')}` : ''
}

/** Escapes in capitals, and none for letters that need none: RFC 3986, 6.2.2. */
function tidyEscapes(text: string): string {
  return text.replace(/%[\da-f]{2}/gi, (escaped) => {
    const letter = String.fromCharCode(Number.parseInt(escaped.slice(1), 16))
    return /[\w.~-]/.test(letter) ? letter : escaped.toUpperCase()
  })
}
