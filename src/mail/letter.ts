import type { Mail } from './mailer.ts'
import type { Letter } from './words.ts'

interface Envelope {
  to: string
  kind: string
  language: string
  /** Where the letter's link leads. */
  link: string
}

/** Longest subject line; names are in it, and people write long ones. */
const MAX_SUBJECT = 150

/** Both forms of a letter. Mail programs know little of HTML and nothing of our stylesheet: the markup is plain. */
export function layOutLetter(letter: Letter, { to, kind, language, link }: Envelope): Mail {
  const { greeting, body, action, after } = letter
  return {
    to,
    kind,
    subject: oneLine(letter.subject),
    text: `${[greeting, ...body, `${action}:\n${link}`, ...after].join('\n\n')}\n\nCornerman\n`,
    html: `<!doctype html>
<html lang="${language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(oneLine(letter.subject))}</title></head>
<body style="margin:0;padding:24px;background:#fbf9f4;color:#24221d;font:16px/1.6 Georgia,serif">
<div style="max-width:34em;margin:0 auto">
${[greeting, ...body].map(paragraph).join('\n')}
<p style="margin:24px 0"><a href="${escapeHtml(link)}" style="display:inline-block;padding:12px 22px;border-radius:24px;background:#22594d;color:#fbf9f4;text-decoration:none">${escapeHtml(action)}</a></p>
${after.map(paragraph).join('\n')}
<p style="margin:24px 0 0;color:#666156;font-size:13px">Cornerman<br>${escapeHtml(link)}</p>
</div>
</body>
</html>
`,
  }
}

function paragraph(text: string): string {
  return `<p style="margin:0 0 16px">${escapeHtml(text)}</p>`
}

/** A line break in a subject would begin another header. */
function oneLine(subject: string): string {
  return subject.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').slice(0, MAX_SUBJECT)
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (letter) => ENTITIES[letter] ?? letter)
}
