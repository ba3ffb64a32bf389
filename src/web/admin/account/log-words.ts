import type { AuditEntry } from '../../../accounts/audit-list.ts'
import type { SecurityEventKind } from '../../../accounts/security-event.ts'
import type { SecurityEvent } from '../../../accounts/security-event-list.ts'

/** What the activity can be narrowed to. */
export const OBJECT_TYPES = [
  { type: 'bot', label: 'Bots' },
  { type: 'document', label: 'Material' },
  { type: 'web_source', label: 'Web pages' },
  { type: 'connection', label: 'Channels' },
  { type: 'chat', label: 'Chats' },
  { type: 'gap_group', label: 'Questions to answer' },
  { type: 'subscriber', label: 'People' },
  { type: 'plan', label: 'Plans' },
  { type: 'subscription', label: 'Payers' },
  { type: 'member', label: 'Members' },
  { type: 'invitation', label: 'Invitations' },
  { type: 'api_key', label: 'API keys' },
  { type: 'session', label: 'Signing in' },
  { type: 'creator', label: 'The account' },
] as const

const NOUNS: Record<string, string> = {
  bot: 'a bot',
  document: 'a document',
  web_source: 'a web source',
  channel: 'a channel',
  connection: 'a channel',
  chat: 'a chat',
  chat_note: 'a note',
  chat_flag: 'a chat that needed care',
  gap: 'a question',
  prompt: 'a prompt',
  subscriber: 'a person’s chats',
  memory: 'what is remembered of a person',
  retention: 'how long chats are kept',
  plan: 'a plan',
  coupon: 'a coupon',
  access_code: 'an access code',
  subscription: 'a subscription',
  payment: 'a payment',
  member: 'a member',
  invitation: 'an invitation',
  api_key: 'an API key',
  creator: 'the account',
}

const VERBS: Record<string, string> = {
  create: 'Made',
  add: 'Added',
  save: 'Saved',
  update: 'Changed',
  delete: 'Deleted',
  remove: 'Removed',
  rename: 'Renamed',
  view: 'Looked at',
  clear: 'Looked after',
  upload: 'Uploaded',
  retry: 'Tried again',
  tag: 'Tagged',
  weigh: 'Set the trust in',
  set_recency: 'Set how age counts for',
  crawl: 'Crawled',
  refresh: 'Crawled again',
  stop: 'Stopped crawling',
  import: 'Imported',
  export: 'Exported',
  erase: 'Erased',
  connect: 'Connected',
  disconnect: 'Disconnected',
  answer: 'Answered',
  dismiss: 'Dismissed',
  reopen: 'Opened again',
  undo: 'Took back the answer to',
  revoke: 'Revoked',
  retire: 'Took off the offer',
  end: 'Ended',
  cancel: 'Cancelled',
  refund: 'Gave back',
  withdraw: 'Withdrew',
  accept: 'Accepted',
}

/** Where noun and verb alone would not say it. */
const WHOLE: Record<string, string> = {
  'memory.off': 'A person had what is remembered of them deleted',
  'memory.remove': 'A person had one thing that is remembered deleted',
  'coupon.retire': 'Ended a coupon',
  'payment_account.create': 'Began with an account at Stripe',
  'payment_account.fee': 'Set what the installation keeps',
  'session.start': 'Signed in',
  'session.end': 'Signed a device out',
  'session.end_others': 'Signed all other devices out',
  'password.change': 'Changed their password',
  'two_step.turn_on': 'Turned their second step on',
  'two_step.turn_off': 'Turned their second step off',
  'two_step.renew_codes': 'Made new recovery codes',
  'takeover.start': 'Stepped into a chat',
  'takeover.end': 'Left a chat to the bot',
  'takeover.message': 'Wrote in a chat',
  'member.change_role': 'Changed a member’s role',
  'suppression.lift': 'Allowed mails to an address again',
  'digest.save': 'Chose which mails they get',
  'follow_up.send': 'Mailed a person',
  'retention.erase': 'Erased chats that were silent for long',
}

/** "Deleted a document". What has no words yet is named as the program names it. */
export function describeAction({ action }: Pick<AuditEntry, 'action'>): string {
  const [noun = '', verb = ''] = action.split('.')
  const named = VERBS[verb] && NOUNS[noun] ? `${VERBS[verb]} ${NOUNS[noun]}` : undefined
  return WHOLE[action] ?? named ?? action.replaceAll(/[._]/g, ' ')
}

const EVENTS: Record<SecurityEventKind, { what: string; todo: string }> = {
  'sign_in.failed': {
    what: 'A sign-in failed',
    todo: 'If it was none of you, see that everyone has a second step.',
  },
  'sign_in.rate_limited': {
    what: 'Too many tries to sign in were stopped',
    todo: 'Nothing to do: whoever it was has to wait.',
  },
  'two_step.failed': {
    what: 'A wrong code was given after a right password',
    todo: 'If it was none of you, that person should choose a new password.',
  },
  'session.replayed': {
    what: 'An outdated sign-in was used again, so it was ended',
    todo: 'If it happens again, that person should choose a new password.',
  },
  'webhook.silent': {
    what: 'The payment service had news that never reached us',
    todo: 'Nothing is lost: it was fetched. Check the webhook address in the payment service’s settings.',
  },
  'payment.mismatch': {
    what: 'A payment came that is not what was sold',
    todo: 'It gave no access. Look at it in the payment service, and give it back if it was a mistake.',
  },
  'webhook.forged': {
    what: 'Someone sent a message in a channel’s name',
    todo: 'It was refused. If real messages stay away, connect the channel again.',
  },
  'access.denied': {
    what: 'A member tried what their role does not allow',
    todo: 'Give them another role, if they need it.',
  },
  'request.forged': {
    what: 'A form that was not ours was refused',
    todo: 'Nothing to do, unless someone’s page does not work: load it again.',
  },
  'api_key.refused': {
    what: 'A wrong API key was refused',
    todo: 'If one of your programs stopped working, give it a new key.',
  },
}

export function describeEvent({ kind }: Pick<SecurityEvent, 'kind'>): { what: string; todo: string } {
  return Object.hasOwn(EVENTS, kind)
    ? EVENTS[kind as SecurityEventKind]
    : { what: kind.replaceAll(/[._]/g, ' '), todo: '' }
}
