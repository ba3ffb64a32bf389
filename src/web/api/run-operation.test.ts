import type { AddressInfo } from 'node:net'
import express from 'express'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Actor } from '../../accounts/access.ts'
import { addCreator, getCreator } from '../../accounts/creator.ts'
import { openDatabase } from '../../db/database.ts'
import { createTenantWall } from '../../db/tenant-wall.ts'
import { createLogger } from '../../logger.ts'
import { openTestDatabase, type TestDatabase } from '../../testing/database.ts'
import { answerErrors } from '../middleware.ts'
import { defineLongOperation, defineOperation, Instant } from './operation.ts'
import { serveOperation } from './run-operation.ts'

const opened = new AsyncDisposableStack()
const lines: string[] = []
let test: TestDatabase
let creatorId: string
let url: string

const about = { tag: 'Test', summary: 'Test', scope: undefined, role: 'viewer' } as const
const rename = async (trx: Parameters<typeof addCreator>[0], name: string) => {
  await trx.updateTable('creator').set({ name }).where('id', '=', creatorId).execute()
}

const OPERATIONS = [
  defineOperation({
    ...{ ...about, id: 'renameWrongly', method: 'post', path: '/wrong' },
    answer: z.object({ name: z.string() }),
    async handle({ trx }) {
      await rename(trx, 'Wrong')
      return JSON.parse('{"name":7}')
    },
  }),
  defineOperation({
    ...{ ...about, id: 'renameTooMuch', method: 'post', path: '/more' },
    answer: z.object({ at: Instant }),
    handle: async () => Object.assign({ at: new Date(0) }, { secret: 'not described' }),
  }),
  defineOperation({
    ...{ ...about, id: 'renameAndTell', method: 'post', path: '/tell' },
    body: z.object({ name: z.string() }),
    answer: z.object({ name: z.string() }),
    async handle({ trx, body: { name }, afterCommit }) {
      await rename(trx, name)
      afterCommit(async () => {
        const seen = await getCreator(test.db, creatorId)
        lines.push(`after commit: ${seen.name}`)
        throw new Error('no one listens')
      })
      return { name }
    },
  }),
  defineLongOperation({
    ...{ ...about, id: 'waitLong', method: 'post', path: '/long' },
    answer: z.object({ name: z.string(), wasOpen: z.boolean() }),
    async handle({ within, signal }) {
      await within((trx) => rename(trx, 'Step one'))
      const { name } = await getCreator(test.db, creatorId)
      return { name, wasOpen: !signal.aborted }
    },
  }),
]

beforeAll(async () => {
  test = opened.use(await openTestDatabase())
  creatorId = await addCreator(test.db, 'Ana')
  const tenants = opened.adopt(openDatabase(test.url, { scope: 'tenant' }), (it) => it.destroy())
  const log = createLogger('warn', { write: (line) => lines.push(line) })
  const app = express()
  app.use((_req, res, next) => {
    const actor: Actor = {
      ...{ creatorId, memberId: undefined, apiKeyId: undefined, name: 'Test', role: 'owner' },
      ...{ isOperator: false, ip: undefined },
    }
    res.locals.apiActor = actor
    next()
  })
  const parts = { within: createTenantWall(tenants), log, stopping: new AbortController().signal }
  for (const operation of OPERATIONS) {
    app[operation.method](operation.path, express.json(), serveOperation(operation, parts))
  }
  app.use(answerErrors(log))
  const server = app.listen(0, '127.0.0.1')
  opened.defer(() => void server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => opened.disposeAsync())

async function post(path: string, body: object = {}) {
  const headers = { 'content-type': 'application/json', accept: 'application/json' }
  const response = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) })
  return { status: response.status, json: JSON.parse(await response.text()) }
}

describe('serveOperation', () => {
  it('undoes a change whose answer is not as described, and says nothing of it', async () => {
    const { status, json } = await post('/wrong')

    expect(status).toBe(500)
    expect(json.error).toMatchObject({
      code: 'internal.unexpected',
      details: { errorId: expect.any(String) },
    })
    expect((await getCreator(test.db, creatorId)).name).toBe('Ana')
    expect(lines.join('\n')).toContain('request-failed')
  })

  it('answers with what is described and nothing else', async () => {
    expect((await post('/more')).json.data).toEqual({ at: '1970-01-01T00:00:00.000Z' })
  })

  it('runs what is to follow once the change is committed, and its failure is not the caller’s', async () => {
    const { status } = await post('/tell', { name: 'Bea' })

    expect(status).toBe(200)
    expect(lines).toContain('after commit: Bea')
    expect(lines.join('\n')).toContain('api-after-commit-failed')
  })

  it('holds no transaction around long work: its steps stand at once', async () => {
    expect((await post('/long')).json.data).toEqual({ name: 'Step one', wasOpen: true })
  })
})
