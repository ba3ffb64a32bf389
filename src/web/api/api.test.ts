import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { forgetIdempotencyKeys } from '../../accounts/idempotency-key.ts'
import { type ApiCaller, openApiCaller } from '../../testing/api/caller.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'

const opened = new AsyncDisposableStack()
let app: TestApp
let caller: ApiCaller

beforeAll(async () => {
  app = opened.use(await startTestApp({ env: { API_REQUESTS_PER_MINUTE: '300', API_BODY_BYTES: '2048' } }))
  caller = await openApiCaller(app, app.bot.creatorId)
})
afterAll(() => opened.disposeAsync())

const newKey = () => ({ name: 'Reports', scopes: ['insights:read'] })

async function countKeys(): Promise<number> {
  const { db } = app.app.installation
  return (await db.selectFrom('api_key').select('id').execute()).length
}

describe('the door of the API', () => {
  it('answers a key with the envelope', async () => {
    const { status, json, headers } = await caller.call('GET', '/me')

    expect(status).toBe(200)
    expect(json).toMatchObject({
      success: true,
      version: '1',
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      data: { creator: { id: app.bot.creatorId }, key: { id: caller.keyId } },
    })
    expect(headers.get('cache-control')).toBe('no-store')
  })

  it.each([
    ['no key', {}],
    ['an empty key', { authorization: 'Bearer ' }],
    ['another scheme', { authorization: 'Basic YTpi' }],
    ['an unknown key', { authorization: `Bearer cmk_${'x'.repeat(43)}` }],
    ['a key too long', { authorization: `Bearer cmk_${'x'.repeat(2_000)}` }],
  ])('turns %s away without a difference', async (_, headers) => {
    const response = await fetch(`${app.url}/api/v1/members`, {
      headers: new Headers(Object.entries(headers)),
    })

    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toBe('Bearer')
    expect(await response.json()).toMatchObject({
      success: false,
      error: { code: 'request.unauthorized', details: {} },
    })
  })

  it('turns a revoked key away', async () => {
    const other = await openApiCaller(app, app.bot.creatorId, ['account:read'])

    await caller.call('DELETE', `/api-keys/${other.keyId}`)

    expect((await other.call('GET', '/me')).status).toBe(401)
  })

  it('lets a key do what its scopes name and nothing else', async () => {
    const reader = await openApiCaller(app, app.bot.creatorId, ['insights:read'])

    const refused = await reader.call('GET', '/members')

    expect(refused).toMatchObject({
      status: 403,
      json: { error: { code: 'scope.missing', details: { needed: 'account:read' } } },
    })
  })

  it('counts the requests of each key, and says when it may go on', async () => {
    await using small = await startTestApp({ env: { API_REQUESTS_PER_MINUTE: '3' } })
    const [one, other] = [
      await openApiCaller(small, small.bot.creatorId),
      await openApiCaller(small, small.bot.creatorId),
    ]

    const answers = [
      await one.call('GET', '/me'),
      await one.call('GET', '/me'),
      await one.call('GET', '/me'),
      await one.call('GET', '/me'),
    ]

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429])
    expect(answers.map(({ headers }) => headers.get('ratelimit-remaining'))).toEqual(['2', '1', '0', '0'])
    expect(Number(answers[3]?.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await other.call('GET', '/me')).status).toBe(200)
  })
})

describe('a request to the API', () => {
  it('is told each value that does not fit', async () => {
    const { status, json } = await caller.call('POST', '/api-keys', {
      name: '',
      scopes: ['everything'],
      extra: 1,
    })

    expect(status).toBe(422)
    expect(json.error?.code).toBe('request.invalid')
    const { issues } = json.error?.details ?? {}
    expect(issues).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ path: 'body.name' }),
        expect.objectContaining({ path: 'body.scopes.0' }),
        expect.objectContaining({ path: 'body' }),
      ]),
    )
  })

  it.each([
    ['no JSON', '{"name":', 400, 'request.malformed'],
    ['a body too large', JSON.stringify({ name: 'x'.repeat(3_000), scopes: [] }), 413, 'request.too_large'],
    ['a NUL', JSON.stringify({ name: 'a\0b', scopes: ['insights:read'] }), 422, 'request.invalid'],
    ['half a surrogate pair', '{"name":"\\ud800","scopes":["insights:read"]}', 422, 'request.invalid'],
    ['a deep nest', `${'['.repeat(900)}${']'.repeat(900)}`, 422, 'request.invalid'],
    ['no object', '"text"', 422, 'request.invalid'],
  ])('that holds %s is refused', async (_, body, status, code) => {
    expect(await caller.call('POST', '/api-keys', body)).toMatchObject({ status, json: { error: { code } } })
  })

  it('in another form than JSON is refused', async () => {
    const answer = await caller.call('POST', '/api-keys', 'name=x', { 'content-type': 'text/plain' })

    expect(answer).toMatchObject({ status: 415, json: { error: { code: 'request.unsupported_type' } } })
  })

  it('to an unknown address is answered in JSON, whatever is asked for', async () => {
    const answer = await caller.call('GET', '/nothing', undefined, { accept: 'text/html' })

    expect(answer).toMatchObject({ status: 404, json: { error: { code: 'route.not_found' } } })
  })

  it('by a method that is not there is told those that are', async () => {
    const answer = await caller.call('PATCH', '/api-keys')

    expect(answer).toMatchObject({ status: 405, json: { error: { code: 'route.method_not_allowed' } } })
    expect(answer.headers.get('allow')).toBe('GET, HEAD, POST')
  })
})

describe('an Idempotency-Key', () => {
  const keyed = (key: string, body: unknown = newKey(), path = '/api-keys') =>
    caller.call('POST', path, body, { 'idempotency-key': key })

  it('lets a change happen once, however often it is sent at once', async () => {
    const key = randomUUID()
    const before = await countKeys()

    const answers = await Promise.all(Array.from({ length: 8 }, () => keyed(key)))

    expect(await countKeys()).toBe(before + 1)
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
    for (const { status } of answers) expect([201, 409]).toContain(status)
  })

  it('gets the first answer again, unless that held a secret', async () => {
    const member = await openApiCaller(app, app.bot.creatorId, ['bots:read'])
    const key = randomUUID()
    const revoke = () =>
      caller.call('DELETE', `/api-keys/${member.keyId}`, undefined, { 'idempotency-key': key })

    const [first, again] = [await revoke(), await revoke()]

    expect(again.status).toBe(200)
    expect(again.json.data).toEqual(first.json.data)
    expect(first.headers.get('idempotency-replayed')).toBeNull()
    expect(again.headers.get('idempotency-replayed')).toBe('true')
  })

  it('never keeps a secret', async () => {
    const key = randomUUID()

    const made = await keyed(key)
    const again = await keyed(key)

    expect(made.status).toBe(201)
    expect(again).toMatchObject({ status: 409, json: { error: { code: 'idempotency.answer_gone' } } })
    const rows = await app.app.installation.db.selectFrom('idempotency_key').selectAll().execute()
    expect(JSON.stringify(rows)).not.toContain('cmk_')
  })

  it('is refused for another request', async () => {
    const key = randomUUID()
    await keyed(key)

    const other = await keyed(key, { name: 'Another', scopes: ['insights:read'] })

    expect(other).toMatchObject({ status: 422, json: { error: { code: 'idempotency.conflict' } } })
  })

  it('is free again when the request failed', async () => {
    const key = randomUUID()
    const missing = await caller.call('DELETE', `/api-keys/${randomUUID()}`, undefined, {
      'idempotency-key': key,
    })
    expect(missing.status).toBe(404)

    expect((await keyed(key)).status).toBe(201)
  })

  it('is the business of one creator alone', async () => {
    const { db } = app.app.installation
    const { id } = await db
      .insertInto('creator')
      .values({ name: 'Other' })
      .returning('id')
      .executeTakeFirstOrThrow()
    const other = await openApiCaller(app, id)
    const key = randomUUID()
    await keyed(key)

    expect((await other.call('POST', '/api-keys', newKey(), { 'idempotency-key': key })).status).toBe(201)
  })

  it.each(['', 'x'.repeat(256), 'a b'])('of another form (%j) is refused', async (key) => {
    expect(await keyed(key)).toMatchObject({ status: 422, json: { error: { code: 'request.invalid' } } })
  })

  it('is forgotten after a day', async () => {
    const { db } = app.app.installation
    const key = randomUUID()
    await keyed(key)
    const hours = (count: number) => new Date(Date.now() + count * 3_600_000)
    const find = () => db.selectFrom('idempotency_key').select('key').where('key', '=', key).execute()

    await forgetIdempotencyKeys(db, hours(23))
    expect(await find()).toHaveLength(1)

    await forgetIdempotencyKeys(db, hours(25))
    expect(await find()).toHaveLength(0)
  })
})
