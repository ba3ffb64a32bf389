import { ENGLISH } from './words-en.ts'

/** What one mail says, in one language; laid out by `letter.ts`. */
export interface Letter {
  subject: string
  greeting: string
  /** Paragraphs before the link. */
  body: string[]
  /** What the link is called. */
  action: string
  /** Paragraphs after the link: how long it works, what to do if one did not ask for it. */
  after: string[]
}

interface ToPerson {
  name: string
}

export interface InvitationFacts {
  creatorName: string
  inviterName: string
  role: 'owner' | 'editor' | 'viewer'
}

/** Every mail in one language. Another language is another file of this shape. */
export interface MailWords {
  language: string
  verify(to: ToPerson): Letter
  knownAccount(to: ToPerson): Letter
  magicLink(to: ToPerson): Letter
  reset(to: ToPerson): Letter
  passwordChanged(to: ToPerson): Letter
  invitation(facts: InvitationFacts): Letter
}

const LANGUAGES: Record<string, MailWords> = { en: ENGLISH }

/** The words of the asked language, else English. */
export function chooseMailWords(language: string | null | undefined): MailWords {
  return LANGUAGES[language?.split('-')[0]?.toLowerCase() ?? ''] ?? ENGLISH
}
