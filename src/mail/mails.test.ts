import { describe, expect, it } from 'vitest'
import {
  presentInvitationMail,
  presentKnownAccountMail,
  presentMagicLinkMail,
  presentPasswordChangedMail,
  presentResetMail,
  presentVerifyMail,
} from './mails.ts'

const LINK = 'https://cornerman.example/admin/x?token=abc&next=%2Fadmin'
const MAILS = [
  presentVerifyMail,
  presentKnownAccountMail,
  presentMagicLinkMail,
  presentResetMail,
  presentPasswordChangedMail,
]

describe('mails', () => {
  it.each(MAILS)('say the same in both forms, with the link (%#)', (present) => {
    const mail = present({ email: 'ada@example.test', name: 'Ada' }, LINK)

    expect(mail.to).toBe('ada@example.test')
    expect(mail.text).toContain(LINK)
    expect(mail.text).toContain('Hello Ada,')
    expect(mail.html).toContain(`href="${LINK.replaceAll('&', '&amp;')}"`)
    expect(mail.subject.length).toBeGreaterThan(5)
  })

  it.each(MAILS)('show a name as text, whatever it holds (%#)', (present) => {
    const mail = present({ email: 'ada@example.test', name: '<script>alert(1)</script>"&' }, LINK)

    expect(mail.html).not.toContain('<script')
    expect(mail.html).toContain('&lt;script&gt;')
  })

  it('keeps the subject one line, whatever the names hold', () => {
    const facts = {
      creatorName: 'A\r\nBcc: all@example.test',
      inviterName: 'Eve\u2028X',
      role: 'editor',
    } as const

    const { subject } = presentInvitationMail('ada@example.test', LINK, facts)

    expect(subject).toBe('Eve X invites you to A Bcc: all@example.test')
  })

  it('falls back to English for languages that have no words', () => {
    const mail = presentMagicLinkMail({ email: 'a@example.test', name: 'A', language: 'xx' }, LINK)

    expect(mail.html).toContain('lang="en"')
  })
})
