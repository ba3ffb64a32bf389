import type { MailWords } from './words.ts'

const IGNORE = 'If this was not you, you need do nothing: without the link nothing happens.'

export const ENGLISH: MailWords = {
  language: 'en',
  verify: ({ name }) => ({
    subject: 'Confirm your address',
    greeting: `Hello ${name},`,
    body: ['welcome to Cornerman. Confirm that this address is yours, and your account is open.'],
    action: 'Confirm the address',
    after: ['The link works once, within 24 hours.', IGNORE],
  }),
  knownAccount: ({ name }) => ({
    subject: 'You have an account already',
    greeting: `Hello ${name},`,
    body: [
      'someone, most likely you, just tried to open a Cornerman account with this address. You have one already.',
      'If you do not remember the password, ask for a new one on the sign-in page.',
    ],
    action: 'Sign in',
    after: ['If this was not you, you need do nothing: your account is as it was.'],
  }),
  magicLink: ({ name }) => ({
    subject: 'Your link to sign in',
    greeting: `Hello ${name},`,
    body: ['here is the link you asked for.'],
    action: 'Sign in to Cornerman',
    after: ['The link works once, within 15 minutes.', IGNORE],
  }),
  reset: ({ name }) => ({
    subject: 'Choose a new password',
    greeting: `Hello ${name},`,
    body: ['here is the link to choose a new password. It signs you out on every device.'],
    action: 'Choose a new password',
    after: ['The link works once, within 30 minutes.', IGNORE],
  }),
  passwordChanged: ({ name }) => ({
    subject: 'Your password was changed',
    greeting: `Hello ${name},`,
    body: [
      'the password of your Cornerman account was just changed, and your other devices were signed out.',
    ],
    action: 'Open your account',
    after: ['If this was not you, ask for a new password on the sign-in page at once.'],
  }),
  invitation: ({ creatorName, inviterName, role }) => ({
    subject: `${inviterName} invites you to ${creatorName}`,
    greeting: 'Hello,',
    body: [
      `${inviterName} invites you to work on the bots of ${creatorName} with Cornerman, as ${ROLES[role]}.`,
    ],
    action: 'See the invitation',
    after: ['The link works once, within 7 days.', 'If you do not know the sender, you need do nothing.'],
  }),
}

const ROLES = { owner: 'an owner', editor: 'an editor', viewer: 'a viewer' }
