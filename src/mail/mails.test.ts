import { describe, expect, it } from 'vitest'
import { MAIL_LANGUAGES } from './languages.ts'
import { MAIL_KINDS, type MailKind } from './mail-kind.ts'
import {
  presentFollowUpMail,
  presentInvitationMail,
  presentMagicLinkMail,
  presentVerifyMail,
} from './mails.ts'
import { presentSamples } from './samples.ts'

const SCENE = { creatorName: 'Lumen Coaching', publicUrl: 'https://coach.example', amount: '19,00\u00a0€' }
const KINDS = Object.keys(MAIL_KINDS) as MailKind[]
const CASES = MAIL_LANGUAGES.flatMap((language) => KINDS.map((kind) => ({ kind, language })))

/** Each of these is a value nobody filled in, or code that was written down as text. */
const LEFTOVER =
  /\$\{|\{\{|\}\}|\{\w+\}|<%|%>|%s|\[object|\bundefined\b|\bnull\b|\bNaN\b|Invalid Date|\bTODO\b/

/** What must be told, in every language. */
const FACTS: Partial<Record<MailKind, string[]>> = {
  invitation: ['Lumen Coaching', 'Ben Meyer'],
  receipt: ['Lumen Coaching', 'Plus', SCENE.amount],
  'payment-failed': ['Lumen Coaching', 'Plus', SCENE.amount, '2026'],
  'paid-but-lost': ['Lumen Coaching', 'Plus', SCENE.amount],
  'order-confirmed': ['The Sleep Journal', '4F2A-91C0', SCENE.amount, '2'],
  'order-shipped': ['The Sleep Journal', '4F2A-91C0', 'JJD014600003RF9'],
  'order-refunded': ['The Sleep Journal', '4F2A-91C0', SCENE.amount],
  'weekly-digest': ['Lumen Coaching', '310', '42', '9', '2026'],
  'gap-digest': ['Lumen Coaching', 'night shift', 'magnesium', '9'],
  'client-follow-up': ['evening walk', 'second week'],
}

function sampleOf(kind: MailKind, language: string) {
  return presentSamples({ ...SCENE, language })[kind]
}

/** What a reader sees of the HTML form. */
function visible(html: string): string {
  const body = html.slice(html.indexOf('<body'))
  return body
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
    .replaceAll(/[ \n]+/g, ' ')
}

describe('every mail', () => {
  it.each(CASES)('has all its placeholders filled: $kind in $language', ({ kind, language }) => {
    const { subject, text, html, kind: itsKind } = sampleOf(kind, language)

    expect(itsKind).toBe(kind)
    for (const form of [subject, text, visible(html)]) expect(form).not.toMatch(LEFTOVER)
    for (const fact of FACTS[kind] ?? []) {
      expect(subject + text).toContain(fact)
      expect(subject + visible(html)).toContain(fact)
    }
    expect(html).toContain(`<html lang="${language}">`)
    expect(subject.length).toBeGreaterThan(5)
  })

  it.each(CASES)('says the same in both forms: $kind in $language', ({ kind, language }) => {
    const { text, html } = sampleOf(kind, language)
    const shown = visible(html)

    const lines = text.split('\n').map((line) => line.replace(/^> /, '').trim())
    for (const line of lines.filter(Boolean)) {
      // A row of facts stands in two cells; a link's name stands on it.
      for (const piece of line.split(/: (?=\S)|:$/).filter(Boolean)) {
        const isAddress = piece.startsWith('https://')
        expect(isAddress ? html.replaceAll('&amp;', '&') : shown).toContain(piece.replaceAll(/[ \n]+/g, ' '))
      }
    }
  })

  it.each(KINDS)('is translated, not only sent: %s', (kind) => {
    const [english, ...others] = MAIL_LANGUAGES.map((language) => sampleOf(kind, language))
    const wordsOf = (text = '') => text.split('\n').filter((line) => /[a-z]{3}.* .*[a-z]{3}/i.test(line))
    const invariant = /https?:|^Plan: |JJD|evening walk|first week|night shift|magnesium|Lumen Coaching: two/

    for (const other of others) {
      const repeated = wordsOf(other.text).filter(
        (line) => wordsOf(english?.text).includes(line) && !invariant.test(line),
      )
      expect(repeated).toEqual([])
      if (kind !== 'client-follow-up') expect(other.subject).not.toBe(english?.subject)
    }
  })

  it('offers a way out where it is news, and nowhere else', () => {
    for (const { kind, language } of CASES) {
      const { unsubscribeUrl, text, html } = sampleOf(kind, language)
      expect(Boolean(unsubscribeUrl), kind).toBe(MAIL_KINDS[kind] === 'news')
      expect(text.includes('/mail/unsubscribe/'), kind).toBe(MAIL_KINDS[kind] === 'news')
      expect(html.includes('/mail/unsubscribe/'), kind).toBe(MAIL_KINDS[kind] === 'news')
    }
  })

  it('is small: no mail program cuts it', () => {
    for (const { kind, language } of CASES) {
      expect(Buffer.byteLength(sampleOf(kind, language).html)).toBeLessThan(20_000)
    }
  })
})

describe('mails', () => {
  const LINK = 'https://cornerman.example/admin/x?token=abc&next=%2Fadmin'

  it('fall back to English for languages that have no words', () => {
    for (const language of ['xx', '', 'constructor', undefined]) {
      const mail = presentMagicLinkMail({ email: 'a@example.test', name: 'A', language }, LINK)
      expect(mail.html).toContain('lang="en"')
    }
    const regional = presentMagicLinkMail({ email: 'a@example.test', name: 'A', language: 'de-AT' }, LINK)
    expect(regional.html).toContain('lang="de"')
  })

  it('greet without a name where none is known', () => {
    const mail = presentMagicLinkMail({ email: 'a@example.test', name: null }, LINK)

    expect(mail.text.startsWith('Hello,\n')).toBe(true)
  })

  it('show names as text, whatever they hold', () => {
    const name = '<script>alert(1)</script>"&'
    const mail = presentVerifyMail({ email: 'ada@example.test', name }, LINK)

    expect(mail.html).not.toContain('<script')
    expect(mail.html).toContain('&lt;script&gt;')
  })

  it.each(['\r\nBcc: all@example.test', '\nBcc: all@example.test', '\u2028Bcc: x', '\u0085Bcc: x', '\u0000'])(
    'keep the subject one line: %j',
    (injected) => {
      const facts = { creatorName: `A${injected}`, inviterName: 'Eve', role: 'editor' } as const

      const { subject } = presentInvitationMail({ email: 'ada@example.test' }, LINK, facts)
      const letter = { subject: `Hi${injected}`, text: 'x', creatorName: 'C', unsubscribeUrl: undefined }
      const followUp = presentFollowUpMail({ email: 'ada@example.test' }, LINK, letter)

      expect(subject).toMatch(/^Eve invites you to A/)
      for (const line of [subject, followUp.subject]) expect(line).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u)
    },
  )

  it('shorten a subject that is longer than any', () => {
    const facts = { creatorName: 'C'.repeat(500), inviterName: 'Eve', role: 'editor' } as const

    expect(presentInvitationMail({ email: 'a@example.test' }, LINK, facts).subject).toHaveLength(150)
  })

  it.each(['javascript:alert(1)', 'data:text/html,x', 'not a link', ''])('lead nowhere odd: %j', (link) => {
    const mail = presentMagicLinkMail({ email: 'a@example.test', name: 'A' }, link)

    expect(mail.html).not.toContain('href=')
    if (link) expect(mail.text).not.toContain(link)
  })
})
