import { type Request, type Response, Router } from 'express'
import { createApiKey, listApiKeys, revokeApiKey } from '../../../accounts/api-key.ts'
import { SCOPES } from '../../api/operation.ts'
import { readField } from '../form-field.ts'
import { goTo, sendPage } from '../page.ts'
import { isName } from '../sign-in/sign-up-pages.ts'
import { allow, visitOf } from '../visit.ts'
import { type AccountParts, readPathId } from './parts.ts'

const DAY_MS = 24 * 60 * 60_000

/** How long a new key may last. */
const LIFETIMES = { '30': '30 days', '90': '90 days', '365': 'A year', '': 'Until it is revoked' } as const

/** The keys of programs that work for the Creator. */
export function createAccountKeyPages({ within }: AccountParts): Router {
  const router = Router()

  router.get('/account/api', allow('owner'), (req, res) => sendKeys(req, res))

  router.post('/account/api', allow('owner'), async (req, res) => {
    const { actor } = visitOf(res)
    const { values, faults, expiresAt } = readKeyForm(req.body)
    if (Object.keys(faults).length > 0) return sendKeys(req, res.status(422), { values, faults })
    const draft = { name: values.name, scopes: values.scopes, expiresAt }
    const { key, row } = await within(actor.creatorId, (trx) => createApiKey(trx, actor, draft))
    // Not by way of a redirect: the key is shown this once and stands in no address.
    await sendKeys(req, res, { made: { key, name: row.name } })
  })

  router.post('/account/api/:keyId/revoke', allow('owner'), async (req, res) => {
    const { actor } = visitOf(res)
    const id = readPathId(req, 'keyId', 'api_key.not_found')
    await within(actor.creatorId, (trx) => revokeApiKey(trx, actor, id))
    goTo(req, res, '/admin/account/api', 'revoked')
  })

  async function sendKeys(req: Request, res: Response, form: object = {}): Promise<void> {
    const { actor } = visitOf(res)
    const keys = await within(actor.creatorId, (trx) => listApiKeys(trx, actor))
    const now = new Date()
    sendPage(req, res, 'account/keys', {
      title: 'API keys',
      section: 'api',
      keys: keys.map((key) => ({ ...key, isOver: key.expiresAt !== null && key.expiresAt <= now })),
      scopes: groupScopes(),
      lifetimes: LIFETIMES,
      values: { name: '', scopes: [], days: '90' },
      faults: {},
      ...form,
    })
  }

  return router
}

function readKeyForm(body: unknown) {
  const name = readField(body, 'name').trim()
  const scopes = readScopes(body)
  const days = readField(body, 'days')
  const faults = {
    ...(!isName(name) && { name: 'Say what the key is for, in at most 80 characters.' }),
    ...(scopes.length === 0 && { scopes: 'Choose at least one thing the key may do.' }),
    ...(!Object.hasOwn(LIFETIMES, days) && { days: 'Choose how long the key lasts.' }),
  }
  const expiresAt = days === '' ? undefined : new Date(Date.now() + Number(days) * DAY_MS)
  return { values: { name, scopes, days }, faults, expiresAt }
}

/** One chosen box comes as a text, several as a list. */
function readScopes(body: unknown): string[] {
  const given: unknown = typeof body === 'object' && body !== null && 'scopes' in body ? body.scopes : []
  const chosen = new Set<unknown>(Array.isArray(given) ? given : [given])
  return SCOPES.filter((scope) => chosen.has(scope))
}

const RESOURCES: Record<string, string> = {
  bots: 'Bots',
  knowledge: 'Material',
  channels: 'Channels',
  chats: 'Chats',
  gaps: 'Questions to answer',
  insights: 'Figures',
  billing: 'Money',
  account: 'This account, its keys included',
}

/** One line of boxes for each resource. */
function groupScopes() {
  const find = (wanted: string) => SCOPES.find((scope) => scope === wanted)
  const resources = [...new Set(SCOPES.map((scope) => scope.split(':')[0] ?? ''))]
  return resources.map((resource) => ({
    name: RESOURCES[resource] ?? resource,
    read: find(`${resource}:read`),
    write: find(`${resource}:write`),
  }))
}
