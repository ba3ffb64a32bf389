/** Where sign-in leads when nothing, or nothing of ours, was asked for. */
const HOME = '/admin'

/** Longest path that is kept through sign-in. */
const MAX_LENGTH = 500

/**
 * The page of ours that someone asked for before they signed in. Whatever could lead a browser elsewhere
 * (another host, a scheme, `//`, a backslash, a control character) leads home instead.
 */
export function readNextPath(given: unknown): string {
  if (typeof given !== 'string' || given.length > MAX_LENGTH || /[\\\p{Cc}]/u.test(given)) return HOME
  if (!/^\/admin(?=[/?#]|$)/.test(given) || !URL.canParse(given, 'http://here.invalid')) return HOME
  const { origin, pathname, search } = new URL(given, 'http://here.invalid')
  const isOurs = origin === 'http://here.invalid' && /^\/admin(\/|$)/.test(pathname)
  return isOurs && !pathname.includes('//') ? `${pathname}${search}` : HOME
}
