import { z } from 'zod'
import { createApiKey, getApiKey, listApiKeys, revokeApiKey } from '../../accounts/api-key.ts'
import { listAuditEntries } from '../../accounts/audit-list.ts'
import { getCreator } from '../../accounts/creator.ts'
import { listSecurityEvents } from '../../accounts/security-event-list.ts'
import { defineOperation, Instant, type Operation, pageOf, SCOPES } from './operation.ts'
import { cutPage, IdPageQuery } from './page-cursor.ts'

const ApiKey = z.object({
  id: z.uuid(),
  name: z.string(),
  prefix: z.string().describe('Its first letters, to tell keys apart.'),
  scopes: z.array(z.string()),
  createdBy: z.uuid().nullable(),
  lastUsedAt: Instant.nullable(),
  expiresAt: Instant.nullable(),
  revokedAt: Instant.nullable(),
  createdAt: Instant,
})

const NewApiKey = z.object({
  name: z.string().trim().min(1).max(80),
  scopes: z.array(z.enum(SCOPES)).min(1).max(SCOPES.length),
  expiresAt: z.iso.datetime().optional().describe('Without it the key is good until it is revoked.'),
})

const Details = z.record(z.string(), z.unknown())

const AuditEntry = z.object({
  id: z.string(),
  action: z.string().describe('What was done: `document.delete`, `chat.view`.'),
  objectType: z.string(),
  objectId: z.string().nullable(),
  details: Details,
  by: z.object({ kind: z.enum(['member', 'api_key']), id: z.uuid(), name: z.string().nullable() }).nullable(),
  ip: z.string().nullable(),
  createdAt: Instant,
})

const SecurityEvent = z.object({
  id: z.string(),
  kind: z.string().describe('`sign_in.failed`, `webhook.forged`, `api_key.refused`, …'),
  details: Details,
  count: z.int().describe('How often within the minute.'),
  ip: z.string().nullable(),
  createdAt: Instant,
})

const ACCOUNT = 'Account'

/** The account itself: who calls, its keys, what was done in it and tried on it. */
export function createAccountOperations(): Operation[] {
  return [WHO_AM_I, LIST_API_KEYS, CREATE_API_KEY, REVOKE_API_KEY, LIST_AUDIT_ENTRIES, LIST_SECURITY_EVENTS]
}

const WHO_AM_I = defineOperation({
  ...{ id: 'whoAmI', method: 'get', path: '/me', tag: ACCOUNT, scope: undefined, role: 'viewer' },
  summary: 'Say who this key acts for and what it may do',
  answer: z.object({
    creator: z.object({ id: z.uuid(), name: z.string() }),
    key: z.object({ id: z.uuid(), name: z.string(), scopes: z.array(z.string()) }),
  }),
  async handle({ actor, trx }) {
    const { name } = await getCreator(trx, actor.creatorId)
    const { id, scopes } = await getApiKey(trx, actor, actor.apiKeyId ?? '')
    return { creator: { id: actor.creatorId, name }, key: { id, name: actor.name, scopes } }
  },
})

const LIST_API_KEYS = defineOperation({
  ...{ id: 'listApiKeys', method: 'get', path: '/api-keys', tag: ACCOUNT },
  ...{ scope: 'account:read', role: 'owner', summary: 'List API keys' },
  answer: z.object({ items: z.array(ApiKey) }),
  handle: async ({ actor, trx }) => ({ items: await listApiKeys(trx, actor) }),
})

const CREATE_API_KEY = defineOperation({
  ...{ id: 'createApiKey', method: 'post', path: '/api-keys', tag: ACCOUNT },
  ...{ scope: 'account:write', role: 'owner', summary: 'Make an API key that may no more than this one' },
  body: NewApiKey,
  answer: ApiKey.extend({ key: z.string().describe('The key itself. It is shown this once.') }),
  status: 201,
  isAnswerSecret: true,
  async handle({ actor, trx, body: { name, scopes, expiresAt } }) {
    const { key, row } = await createApiKey(trx, actor, {
      ...{ name, scopes },
      expiresAt: expiresAt === undefined ? undefined : new Date(expiresAt),
    })
    return { ...row, key }
  },
})

const REVOKE_API_KEY = defineOperation({
  ...{ id: 'revokeApiKey', method: 'delete', path: '/api-keys/:keyId', tag: ACCOUNT },
  ...{ scope: 'account:write', role: 'owner', summary: 'Revoke an API key for good' },
  params: z.object({ keyId: z.uuid() }),
  answer: z.object({ id: z.uuid() }),
  async handle({ actor, trx, params: { keyId } }) {
    await revokeApiKey(trx, actor, keyId)
    return { id: keyId }
  },
})

const LIST_AUDIT_ENTRIES = defineOperation({
  ...{ id: 'listAuditEntries', method: 'get', path: '/audit-entries', tag: ACCOUNT },
  ...{ scope: 'account:read', role: 'owner', summary: 'List who did what, the newest first' },
  query: IdPageQuery.extend({ objectType: z.string().max(80).optional() }),
  answer: pageOf(AuditEntry),
  async handle({ actor, trx, query: { limit, cursor, objectType } }) {
    return cutPage(
      await listAuditEntries(trx, actor, { limit: limit + 1, before: cursor, objectType }),
      limit,
    )
  },
})

const LIST_SECURITY_EVENTS = defineOperation({
  ...{ id: 'listSecurityEvents', method: 'get', path: '/security-events', tag: ACCOUNT },
  ...{ scope: 'account:read', role: 'owner', summary: 'List which doors were tried, the newest first' },
  query: IdPageQuery,
  answer: pageOf(SecurityEvent),
  async handle({ actor, trx, query: { limit, cursor } }) {
    return cutPage(await listSecurityEvents(trx, actor, { limit: limit + 1, before: cursor }), limit)
  },
})
