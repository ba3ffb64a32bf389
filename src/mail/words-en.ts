import type { MailWords } from './words.ts'

const IGNORE = 'If this was not you, you need do nothing: without the link nothing happens.'
const ROLES = { owner: 'an owner', editor: 'an editor', viewer: 'a viewer' }

const hello = (name: string) => (name ? `Hello ${name},` : 'Hello,')

export const ENGLISH: MailWords = {
  language: 'en',
  verify: ({ name }) => ({
    subject: 'Confirm your address',
    greeting: hello(name),
    body: ['Welcome to Cornerman. Confirm that this address is yours, and your account is open.'],
    action: 'Confirm the address',
    after: ['The link works once, within 24 hours.', IGNORE],
  }),
  knownAccount: ({ name }) => ({
    subject: 'You have an account already',
    greeting: hello(name),
    body: [
      'Someone, most likely you, just tried to open a Cornerman account with this address. You have one already.',
      'If you do not remember the password, ask for a new one on the sign-in page.',
    ],
    action: 'Sign in',
    after: ['If this was not you, you need do nothing: your account is as it was.'],
  }),
  magicLink: ({ name }) => ({
    subject: 'Your link to sign in',
    greeting: hello(name),
    body: ['Here is the link you asked for.'],
    action: 'Sign in to Cornerman',
    after: ['The link works once, within 15 minutes.', IGNORE],
  }),
  reset: ({ name }) => ({
    subject: 'Choose a new password',
    greeting: hello(name),
    body: ['Here is the link to choose a new password. It signs you out on every device.'],
    action: 'Choose a new password',
    after: ['The link works once, within 30 minutes.', IGNORE],
  }),
  passwordChanged: ({ name }) => ({
    subject: 'Your password was changed',
    greeting: hello(name),
    body: [
      'The password of your Cornerman account was just changed, and your other devices were signed out.',
    ],
    action: 'Open your account',
    after: ['If this was not you, ask for a new password on the sign-in page at once.'],
  }),
  invitation: ({ creatorName, inviterName, role }) => ({
    subject: `${inviterName} invites you to ${creatorName}`,
    greeting: hello(''),
    body: [
      `${inviterName} invites you to work on the bots of ${creatorName} with Cornerman, as ${ROLES[role]}.`,
    ],
    action: 'See the invitation',
    after: ['The link works once, within 7 days.', 'If you do not know the sender, you need do nothing.'],
  }),
  receipt: ({ name }, { botName, what, amount }) => ({
    subject: `Your receipt from ${botName}`,
    greeting: hello(name),
    body: ['Thank you, your payment has arrived. The receipt is kept behind the link.'],
    facts: [
      ['Paid for', what],
      ['Amount', amount],
    ],
    action: 'Open the receipt',
    after: [`You reach all your receipts in the chat with ${botName}, too: write /receipts.`],
  }),
  paymentFailed: ({ name }, { botName, planName, amount, until }) => ({
    subject: `Your payment to ${botName} did not go through`,
    greeting: hello(name),
    body: [
      `Your card or account refused the last payment for ${planName}. It happens, for example when a card is replaced.`,
      `Your access stays as it is until ${until}. Check how you pay, and nothing changes.`,
    ],
    facts: [
      ['Plan', planName],
      ['Amount', amount],
    ],
    action: 'Check how you pay',
    after: ['If you have done so already, you need do nothing.'],
  }),
  paidButLost: ({ name }, { botName, planName, amount }) => ({
    subject: `You paid for ${botName}: here is your way in`,
    greeting: hello(name),
    body: [
      `Thank you for your payment. You have not opened the chat with ${botName} yet, so we do not know where to let you in.`,
      'Follow the link and press Start. Your plan is switched on at that moment.',
    ],
    facts: [
      ['Plan', planName],
      ['Amount', amount],
    ],
    action: 'Open the chat',
    after: ['The link is for you alone: whoever follows it first gets the plan.'],
  }),
  orderConfirmed: ({ name }, { botName, ...order }) => ({
    subject: `Your order from ${botName}`,
    greeting: hello(name),
    body: ['Thank you, your order has arrived and is paid.'],
    facts: orderFacts(order),
    action: 'Follow the parcel',
    after: ['You will hear from us again when it is on its way.'],
  }),
  orderShipped: ({ name }, { botName, ...order }) => ({
    subject: `Your order from ${botName} is on its way`,
    greeting: hello(name),
    body: ['Good news: your order has been sent.'],
    facts: orderFacts(order),
    action: 'Follow the parcel',
    after: [`If it does not arrive, write to ${botName} and name the order.`],
  }),
  orderRefunded: ({ name }, { botName, ...order }) => ({
    subject: `Your money from ${botName} is on its way back`,
    greeting: hello(name),
    body: ['We gave back what you paid for this order. Your bank shows it within about ten days.'],
    facts: orderFacts(order),
    action: 'See the order',
    after: [`If you have a question about it, write to ${botName} and name the order.`],
  }),
  weeklyDigest: ({ name }, { creatorName, ...week }) => ({
    subject: `Your week with ${creatorName}`,
    greeting: hello(name),
    body: [`This is what happened from ${week.from} to ${week.to}.`],
    facts: [
      ['Questions', week.questions],
      ['Answered', week.answered],
      ['People who asked', week.people],
      ['New people', week.newPeople],
      ['Questions your material does not answer', week.openGaps],
    ],
    action: 'See the whole week',
    after: [],
  }),
  gapDigest: ({ name }, { creatorName, gaps, total }) => ({
    subject: `What people asked ${creatorName} in vain`,
    greeting: hello(name),
    body: ['Your material had no answer to these questions. Answer one, and everyone who asked is told.'],
    quotes: gaps.map(({ question, count }) => (count > 1 ? `${question} (${count} times)` : question)),
    action: 'Answer them',
    after: [`Questions that wait for an answer: ${total}.`],
  }),
  followUp: ({ name }, { subject, text }) => ({
    subject,
    greeting: hello(name),
    body: text.split(/\n{2,}/),
    action: 'Go to the chat',
    after: [],
  }),
  stop: { why: 'You can end these mails at any time.', action: 'No more of these mails' },
  stopPage: {
    title: 'No more of these mails?',
    ask: 'Press the button and they end. All other mails stay as they are.',
    action: 'No more of these mails',
    done: 'Done. These mails no longer come.',
    spent: 'This link no longer works. Take the one of a newer mail.',
  },
  newsNames: {
    'weekly-digest': 'The week in figures',
    'gap-digest': 'Questions without an answer',
    'client-follow-up': 'Personal mails',
  },
}

type Order = {
  productName: string
  quantity: string
  amount: string
  orderNumber: string
  tracking?: string | undefined
}

function orderFacts({ productName, quantity, amount, orderNumber, tracking }: Order): [string, string][] {
  const facts: [string, string][] = [
    ['Order', orderNumber],
    ['What', productName],
    ['How many', quantity],
    ['Amount', amount],
  ]
  return tracking ? [...facts, ['Parcel', tracking]] : facts
}
