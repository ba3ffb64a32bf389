/**
 * A text reduced to what its reader reads, for comparing: white space folded,
 * characters of no width dropped, each channel's bullets and stand-ins alike.
 */
function textContent(text: string): string {
  return text
    .replace(/[\u200B\u2060\uFEFF]/g, '')
    .replaceAll('ˋ', '`')
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/(?<=^| )[-*•](?= |$)/g, '•')
}

/**
 * Where the texts of parts, one after the other, first differ from the text they
 * were cut from; undefined when they are it. A cut may swallow white space only.
 */
export function findTextDifference(whole: string, parts: string[]): string | undefined {
  const wanted = textContent(whole)
  let at = 0
  for (const [index, part] of parts.map(textContent).entries()) {
    if (wanted.charAt(at) === ' ') at++
    if (!wanted.startsWith(part, at)) return describeDifference(index, wanted.slice(at), part)
    at += part.length
  }
  const rest = wanted.slice(at).trim()
  // Characters nobody sees need not be sent.
  return /[^\p{Cf}\p{Mn}\s\u115F\u1160\u2800\u3164\uFFA0]/u.test(rest)
    ? `missing at the end: ${JSON.stringify(rest.slice(0, 60))}`
    : undefined
}

function describeDifference(index: number, wanted: string, part: string): string {
  let same = 0
  while (same < part.length && part[same] === wanted[same]) same++
  const around = (text: string) => JSON.stringify(text.slice(Math.max(0, same - 20), same + 40))
  return `part ${index} at ${same}: wanted ${around(wanted)}, got ${around(part)}`
}
