/** `![alt](address)`: a picture a messenger would fetch, telling its server who reads. */
const IMAGE = /!\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])/g

/** `[text](address "title")`. */
const LINK = /\[([^\]\n]*)\]\(\s*<?([^)\s>]*)>?[^)]*\)/g

/** `[name]: address`, the place where a link's address may hide. */
const REFERENCE = /^[ \t]{0,3}\[[^\]\n]+\]:[ \t]*\S+.*$/gm

/** Addresses that messengers make tappable by themselves: with a scheme, with a path, or of a usual domain. */
const BARE = new RegExp(
  [
    String.raw`(?:\b[a-z][a-z0-9+.-]{1,15}:\/\/|\bwww\.|\b(?:mailto|tel|data|javascript|tg):)[^\s<>"'${'`'})\]]+`,
    String.raw`\b(?:[a-z0-9-]{1,63}\.)+[a-z]{2,24}\/[^\s<>"'${'`'})\]]*`,
    String.raw`\b(?:[a-z0-9-]{1,63}\.)+(?:com|org|net|info|io|ai|app|dev|me|co|xyz|site|online|link|ly|gg|cc|ru|de|uk)\b`,
  ].join('|'),
  'gi',
)

const HTML_TAG = /<\/?[a-z][^>]*>|<![^>]*>/gi

/**
 * An answer without pictures and without any address that does not stand, as it is, in `sources`.
 *
 * A model can be talked into sending what it knows to someone by putting it into an address. What
 * stands in the cited material was written before and can carry nothing out.
 */
export function removeForeignLinks(markdown: string, sources: readonly string[]): string {
  const isKnown = (address: string) =>
    address !== '' && sources.some((source) => holdsAddress(source, address))
  return (
    markdown
      .replace(IMAGE, '$1')
      // Without the link's title, which may hold words no one asked for.
      .replace(LINK, (_, text: string, address: string) =>
        isKnown(address) ? `[${text}](${address})` : text,
      )
      .replace(REFERENCE, '')
      .replace(HTML_TAG, '')
      .replace(BARE, (address) => {
        const end = /[.,;:!?]+$/.exec(address)?.[0] ?? ''
        return isKnown(address.slice(0, address.length - end.length)) ? address : end
      })
      .replace(/\(\s*\)|<\s*>/g, '')
      .replace(/[ \t]+([.,;:!?])/g, '$1')
  )
}

/** The whole address, not the beginning of a longer one with other data behind it. */
function holdsAddress(source: string, address: string): boolean {
  for (let at = source.indexOf(address); at !== -1; at = source.indexOf(address, at + 1)) {
    const next = source[at + address.length]
    if (next === undefined || /[\s<>"'`)\].,;:!?]/.test(next)) return true
  }
  return false
}
