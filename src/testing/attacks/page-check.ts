import { Parser } from 'htmlparser2'

/** An element no page of ours has: found in one, somebody's words became markup. */
export const PLANTED_ELEMENT = 'x-planted'
/** What planted script would do, and where planted links lead. */
const PLANTED_CALL = 'planted()'
export const PLANTED_HOST = 'evil.example'

/** Texts that try to become markup in each place a page may put them: text, attribute, script, template, Markdown. */
export const MARKUP_ATTEMPTS = [
  `<${PLANTED_ELEMENT}></${PLANTED_ELEMENT}><script>${PLANTED_CALL}</script>`,
  `"><${PLANTED_ELEMENT} onclick="${PLANTED_CALL}">`,
  `'><img src=x onerror=${PLANTED_CALL}><${PLANTED_ELEMENT}>`,
  `</title></textarea></script></style><${PLANTED_ELEMENT}><svg/onload=${PLANTED_CALL}>`,
  `<%= ${PLANTED_CALL} %><%~ '<${PLANTED_ELEMENT}>' %>{{${PLANTED_CALL}}}`,
  `[a](javascript:${PLANTED_CALL}) ![b](https://${PLANTED_HOST}/p.png) <iframe src=https://${PLANTED_HOST}></iframe><${PLANTED_ELEMENT}>`,
] as const

/** Elements that load, frame or redirect. */
const ACTIVE = new Set(['iframe', 'object', 'embed', 'base', 'applet', 'portal', 'frame', 'style'])
const ADDRESSES = new Set(['href', 'src', 'action', 'formaction', 'xlink:href', 'poster', 'data', 'srcset'])

/** What a page holds that it must not: planted markup, inline script, foreign or scripted addresses. */
export function findMarkupFaults(html: string): string[] {
  const faults: string[] = []
  let openScript = false
  const parser = new Parser({
    onopentag(name, attributes) {
      if (name === PLANTED_ELEMENT || (ACTIVE.has(name) && !isOwnSandbox(name, attributes)))
        faults.push(`<${name}>`)
      if (name === 'meta' && /refresh/i.test(attributes['http-equiv'] ?? '')) faults.push('<meta refresh>')
      openScript = name === 'script'
      if (openScript && attributes.src === undefined) faults.push('inline script')
      for (const [attribute, value] of Object.entries(attributes))
        faults.push(...checkAttribute(attribute, value))
    },
    ontext(text) {
      if (openScript && text.trim() !== '') faults.push(`script text ${text.slice(0, 40)}`)
    },
    onclosetag() {
      openScript = false
    },
  })
  parser.end(html)
  return faults
}

/** A page of ours in a frame that runs nothing and reaches nothing. */
function isOwnSandbox(name: string, { sandbox, src = '' }: Record<string, string>): boolean {
  return name === 'iframe' && sandbox === '' && /^\/[a-z]/.test(src)
}

function checkAttribute(attribute: string, value: string): string[] {
  if (/^on/i.test(attribute) || attribute === 'style' || attribute === 'srcdoc')
    return [`${attribute}="${value}"`]
  if (!ADDRESSES.has(attribute)) return []
  const isScript = /^\s*(javascript|vbscript|data):/i.test(value.replaceAll(/[\s\p{Cc}]/gu, ''))
  const isForeign = attribute !== 'href' && value.includes(PLANTED_HOST)
  return isScript && !value.startsWith('data:image/')
    ? [`${attribute}="${value.slice(0, 60)}"`]
    : isForeign
      ? [`${attribute} leads away`]
      : []
}
