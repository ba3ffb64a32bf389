import { escapeHtml } from '../channels/escape-html.ts'
import type { MailKind } from './mail-kind.ts'
import type { Mail } from './mailer.ts'
import type { Letter, MailWords } from './words.ts'

interface Envelope {
  to: string
  kind: MailKind
  words: MailWords
  /** Where the letter's link leads, if it has one. */
  link: string | undefined
  unsubscribeUrl?: string | undefined
  replyTo?: string | undefined
}

/** Longest subject line; names are in it, and people write long ones. */
const MAX_SUBJECT = 150

/** Both forms of a letter. */
export function layOutLetter(letter: Letter, envelope: Envelope): Mail {
  const { to, kind, unsubscribeUrl, replyTo } = envelope
  const subject = oneLine(letter.subject)
  const link = envelope.link && isWebLink(envelope.link) ? envelope.link : undefined
  // An amount the payment provider did not name is left out, not shown as nothing.
  const facts = letter.facts?.filter(([, value]) => value !== '') ?? []
  return {
    to,
    kind,
    subject,
    text: layOutText({ ...letter, facts }, { ...envelope, link }),
    html: layOutHtml({ ...letter, facts }, subject, { ...envelope, link }),
    ...(replyTo && { replyTo }),
    ...(unsubscribeUrl && { unsubscribeUrl }),
  }
}

/** A parcel's link comes from elsewhere: one that would run something is not shown. */
function isWebLink(link: string): boolean {
  return URL.canParse(link) && ['https:', 'http:'].includes(new URL(link).protocol)
}

function layOutText(letter: Letter, { link, unsubscribeUrl, words }: Envelope): string {
  const { greeting, body, facts = [], quotes = [], action, after } = letter
  const blocks = [
    greeting,
    ...body,
    ...quotes.map((quote) => `> ${quote}`),
    facts.map(([label, value]) => `${label}: ${value}`).join('\n'),
    link ? `${action}:\n${link}` : '',
    ...after,
    [
      'Cornerman',
      ...(unsubscribeUrl ? [words.stop.why, `${words.stop.action}: ${unsubscribeUrl}`] : []),
    ].join('\n'),
  ]
  return `${blocks.filter(Boolean).join('\n\n')}\n`
}

/*
 * Mail programs know little of HTML and nothing of our stylesheet. So the colours of a light screen stand on each
 * element, and only what a dark screen changes is in a <style>, which some drop: they show the light letter.
 */
const INK = 'color:#24221d'
const SOFT = 'color:#5f5a50'
const DARK_STYLE = `@media (prefers-color-scheme: dark) {
  .paper { background: #171613 !important; color: #ece7dc !important }
  .ink { color: #ece7dc !important }
  .soft { color: #aca595 !important }
  .rule { border-color: #3d3a33 !important }
  .press { background: #8fd0bd !important; color: #10211c !important }
}`

function layOutHtml(letter: Letter, subject: string, { words, link, unsubscribeUrl }: Envelope): string {
  const { greeting, body, facts = [], quotes = [], action, after } = letter
  const parts = [
    ...[greeting, ...body].map(paragraph),
    ...quotes.map(quotation),
    facts.length > 0 ? factTable(facts) : '',
    link ? button(action, link) : '',
    ...after.map(paragraph),
    footer(link, unsubscribeUrl, words),
  ]
  return `<!doctype html>
<html lang="${words.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${escapeHtml(subject)}</title>
<style>
:root { color-scheme: light dark }
${DARK_STYLE}
</style>
</head>
<body class="paper" style="margin:0;padding:24px 20px;background:#fbf9f4;${INK};font:16px/1.6 Georgia,serif;-webkit-text-size-adjust:100%">
<div class="ink" dir="auto" style="max-width:34em;margin:0 auto;${INK};overflow-wrap:anywhere;word-break:break-word">
${parts.filter(Boolean).join('\n')}
</div>
</body>
</html>
`
}

function paragraph(text: string): string {
  return `<p class="ink" dir="auto" style="margin:0 0 16px;${INK}">${escapeLines(text)}</p>`
}

function quotation(text: string): string {
  return `<blockquote class="ink rule" dir="auto" style="margin:0 0 12px;padding:2px 0 2px 14px;border-left:3px solid #cfc8b8;${INK}">${escapeLines(text)}</blockquote>`
}

function factTable(facts: [string, string][]): string {
  const rows = facts.map(
    ([label, value]) =>
      `<tr><th class="soft rule" scope="row" dir="auto" style="padding:8px 12px 8px 0;border-bottom:1px solid #e0dacb;text-align:left;font-weight:normal;vertical-align:top;${SOFT}">${escapeHtml(label)}</th><td class="ink rule" dir="auto" style="padding:8px 0;border-bottom:1px solid #e0dacb;text-align:right;vertical-align:top;${isShort(value) ? 'white-space:nowrap;' : ''}${INK}">${escapeHtml(value)}</td></tr>`,
  )
  return `<table style="width:100%;margin:0 0 16px;border-collapse:collapse;font:inherit">${rows.join('')}</table>`
}

/** Numbers and amounts stay whole; what is longer may break anywhere, so that no screen is too narrow for it. */
function isShort(value: string): boolean {
  return value.length <= 16
}

function button(action: string, link: string): string {
  return `<p style="margin:24px 0"><a class="press" href="${escapeHtml(link)}" style="display:inline-block;padding:12px 22px;border-radius:24px;background:#22594d;color:#fbf9f4;text-decoration:none">${escapeHtml(action)}</a></p>`
}

/** The link once more in full, for who does not trust a button; and the way out. */
function footer(link: string | undefined, unsubscribeUrl: string | undefined, { stop }: MailWords): string {
  const lines = ['Cornerman']
  if (link) lines.push(escapeHtml(link))
  if (unsubscribeUrl) {
    lines.push(
      `${escapeHtml(stop.why)} <a class="soft" href="${escapeHtml(unsubscribeUrl)}" style="${SOFT}">${escapeHtml(stop.action)}</a>`,
    )
  }
  return `<p class="soft" style="margin:24px 0 0;font-size:13px;${SOFT}">${lines.join('<br>')}</p>`
}

/** A line break in a subject would begin another header. */
function oneLine(subject: string): string {
  return subject
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
    .slice(0, MAX_SUBJECT)
}

function escapeLines(text: string): string {
  return escapeHtml(text).replaceAll('\n', '<br>')
}
