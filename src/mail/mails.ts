import { layOutLetter } from './letter.ts'
import type { Mail } from './mailer.ts'
import { chooseMailWords, type InvitationFacts, type MailWords } from './words.ts'

export interface Addressee {
  email: string
  name: string
  /** Chooses the words; English where there are none in it. */
  language?: string | null
}

/** Proves the address of a sign-up. */
export const presentVerifyMail = mailTo('verify-email', (words, to) => words.verify(to))

/** Answers a sign-up with an address that has an account: only its owner learns so. */
export const presentKnownAccountMail = mailTo('known-account', (words, to) => words.knownAccount(to))

export const presentMagicLinkMail = mailTo('magic-link', (words, to) => words.magicLink(to))

export const presentResetMail = mailTo('reset-password', (words, to) => words.reset(to))

/** Tells the owner of an account what someone else may have done. */
export const presentPasswordChangedMail = mailTo('password-changed', (words, to) => words.passwordChanged(to))

export function presentInvitationMail(email: string, link: string, facts: InvitationFacts): Mail {
  const words = chooseMailWords(undefined)
  return layOutLetter(words.invitation(facts), {
    to: email,
    link,
    kind: 'invitation',
    language: words.language,
  })
}

function mailTo(kind: string, write: (words: MailWords, to: Addressee) => ReturnType<MailWords['verify']>) {
  return (to: Addressee, link: string): Mail => {
    const words = chooseMailWords(to.language)
    return layOutLetter(write(words, to), { to: to.email, link, kind, language: words.language })
  }
}
