import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fillPath, operationCases, pageCases, toMounted, type WallCase } from '../src/testing/wall/cases.ts'
import type { MountedRoute } from '../src/testing/wall/mounted-routes.ts'
import {
  asKey,
  asMember,
  firstDifference,
  formBody,
  multipartBody,
  type Seen,
  seeAnswer,
} from '../src/testing/wall/request.ts'
import { digestRows } from '../src/testing/wall/tenant-ids.ts'
import { openWallWorld, type WallWorld } from '../src/testing/wall/world.ts'

/** Routes that are for everyone. Whatever else is mounted must ask who comes. */
const OPEN = [
  /^\/(healthz|readyz|metrics|assets\/:name)?$/,
  /^\/webhooks\//,
  /^\/try\/:slug/,
  /^\/api\/docs/,
  /^\/api\/v1\/openapi\.json$/,
  // The sign-in family: what opens these is a secret in a mail, never an id.
  /^\/admin\/(sign-in|sign-up|forgot|reset|invitation)(\/|$)/,
  // Ends mails by a token that is encrypted for whoever got the mail.
  /^\/mail\/unsubscribe\/:token$/,
  // Photos of products, for messengers: the address is signed and cannot be guessed.
  /^\/photos\/:token$/,
  // A person's own page: the address is signed, bound to their chat, and ends within the hour.
  /^\/me\/:token(\/.+)?$/,
  // What a link in a chat leads to: signed, and bound to who pays for what.
  /^\/pay\/:token(\/(done|back))?$/,
]

/** What a viewer may send: changes of their own account and session, and a question to try the bot. */
const VIEWERS_MAY = [
  /^\/admin\/bots\/:botId\/try$/,
  /^\/admin\/sign-out$/,
  /^\/admin\/account\/(profile|switch|leave|invitation|password|mails\/wishes|devices\/.+|two-step(\/.+)?)$/,
]

/** What opens with more than an id: a mailed secret. */
const NEEDS_MORE = ['/admin/account/invitation']

/** Tables in which a refusal itself is kept, or that someone's visit is noted. */
const KEPT_BY_VISITS = ['audit_entry', 'security_event', 'api_key', 'session']

let world: WallWorld
let pages: MountedRoute[]
let operations: MountedRoute[]

beforeAll(async () => {
  world = await openWallWorld()
  const guarded = world.routes.filter(({ path }) => !OPEN.some((open) => open.test(path)))
  pages = guarded.filter(({ path }) => path === '/admin' || path.startsWith('/admin/'))
  operations = guarded.filter((route) => !pages.includes(route))
}, 120_000)
afterAll(() => world[Symbol.asyncDispose]())

const see = (request: Parameters<typeof seeAnswer>[1]) => seeAnswer(world.app.url, request)
const isLeak = ({ text }: Seen) => text.includes(world.canary)
const digestOf = (creatorId: string, except?: string[]) =>
  digestRows(world.app.app.installation.db, creatorId, except && { except })

/** What is wrong with how cases were answered: let in, told apart, or said too much. */
async function judge(cases: WallCase[], headers: Record<string, string>): Promise<string[]> {
  const troubles: string[] = []
  for (const { name, ...requests } of cases) {
    const foreign = await see({ ...requests.foreign, headers })
    const unknown = await see({ ...requests.unknown, headers })
    if (foreign.status < 400 || foreign.status >= 500) troubles.push(`${name}: answered ${foreign.status}`)
    if (foreign.told !== unknown.told) troubles.push(`${name}: tells ${firstDifference(foreign, unknown)}`)
    if (isLeak(foreign)) troubles.push(`${name}: shows what is theirs`)
  }
  return troubles
}

describe('every route of the app', () => {
  it('is open by decision, a page behind the session, or an operation that is described', () => {
    const described = world.served.operations.map(({ method, path }) => `${method} ${toMounted(path)}`)

    expect(operations.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(described.sort())
    expect(pages.length).toBeGreaterThan(20)
  })
})

describe('without a session or key', () => {
  it('no page opens and none tells what there is', async () => {
    const headers = { accept: 'text/html', 'sec-fetch-site': 'same-origin' }
    const troubles: string[] = []
    for (const { method, path } of pages) {
      const body = method === 'GET' ? undefined : formBody()
      const ask = { method, headers, body }
      const real = await see({ ...ask, path: fillPath(path, () => world.ids.theirs) })
      const none = await see({ ...ask, path: fillPath(path, () => world.ids.nobodys) })
      const isTurnedAway =
        method === 'GET'
          ? real.status === 303 && /\nlocation: \/admin\/sign-in\?next=/.test(real.told)
          : real.status === 401
      if (!isTurnedAway) troubles.push(`${method} ${path}: answered ${real.status}`)
      if (real.told !== none.told) troubles.push(`${method} ${path}: tells ${firstDifference(real, none)}`)
      if (isLeak(real)) troubles.push(`${method} ${path}: shows what is theirs`)
    }
    expect(troubles).toEqual([])
  })

  it('no operation answers', async () => {
    const troubles: string[] = []
    for (const { method, path } of operations) {
      const answer = await see({ method, path: fillPath(path, () => world.ids.theirs), headers: {} })
      // An address may come without a key only so often; after that it is told to wait, by any route.
      if (![401, 429].includes(answer.status)) troubles.push(`${method} ${path}: answered ${answer.status}`)
      if (isLeak(answer)) troubles.push(`${method} ${path}: shows what is theirs`)
    }
    expect(troubles).toEqual([])
  })
})

describe("with another creator's ids", { timeout: 300_000 }, () => {
  it('no page and no action says more than for ids that nobody has', async ({ annotate }) => {
    const before = await digestOf(world.theirs)
    const cases = pages.flatMap((route) => pageCases(route, world.ids))

    const troubles = await judge(cases, asMember(world.owner))

    await annotate(`${pages.length} pages and actions, ${cases.length} mixes of ids`)
    expect(troubles).toEqual([])
    expect(await digestOf(world.theirs)).toEqual(before)
  })

  it('no operation says more than for ids that nobody has', async ({ annotate }) => {
    const before = await digestOf(world.theirs)
    const cases = world.served.operations.flatMap((operation) => operationCases(operation, world.ids))

    const troubles = await judge(cases, asKey(world.apiKey))

    await annotate(`${operations.length} operations, ${cases.length} mixes of ids`)
    expect(troubles).toEqual([])
    expect(await digestOf(world.theirs)).toEqual(before)
  })

  it('what is refused is open to whom it belongs to, and shows nothing of theirs', async ({ annotate }) => {
    const reads = [...pages, ...operations].filter(
      ({ method, path }) => method === 'GET' && !NEEDS_MORE.includes(path),
    )
    const [leaks, closed]: [string[], string[]] = [[], []]
    for (const { path } of reads) {
      const isPage = path.startsWith('/admin')
      const answer = await see({
        method: 'GET',
        path: fillPath(path, () => world.ids.mine) + neededQuery(path),
        headers: isPage ? asMember(world.owner) : asKey(world.apiKey),
      })
      if (isLeak(answer)) leaks.push(path)
      if (answer.status >= 400) closed.push(`${path}: answered ${answer.status}`)
    }
    await annotate(`${reads.length} addresses to read`)
    expect(leaks).toEqual([])
    // Else being refused above would prove nothing.
    expect(closed).toEqual([])
  })

  /** What an operation cannot be asked without; words do for all of it. */
  function neededQuery(path: string): string {
    const operation = world.served.operations.find(
      (each) => toMounted(each.path) === path && each.method === 'GET',
    )
    const needed = operation?.described.parameters.filter((each) => each.in === 'query' && each.required)
    return needed?.length ? `?${needed.map(({ name }) => `${name}=words`).join('&')}` : ''
  }
})

describe('who may only look', { timeout: 120_000 }, () => {
  it('changes nothing on any page', async ({ annotate }) => {
    const before = await digestOf(world.mine, KEPT_BY_VISITS)
    const actions = pages.filter(
      ({ method, path }) => method !== 'GET' && !VIEWERS_MAY.some((own) => own.test(path)),
    )
    const allowed: string[] = []
    for (const { method, path } of actions) {
      for (const body of [formBody(), multipartBody()]) {
        const address = fillPath(path, () => world.ids.mine)
        const { status } = await see({ method, path: address, headers: asMember(world.viewer), body })
        if (status !== 403) allowed.push(`${method} ${path}: answered ${status}`)
      }
    }
    await annotate(`${actions.length} actions`)
    expect(allowed).toEqual([])
    expect(await digestOf(world.mine, KEPT_BY_VISITS)).toEqual(before)
  })

  it('changes nothing by a key that reads', async ({ annotate }) => {
    const before = await digestOf(world.mine, KEPT_BY_VISITS)
    const changes = world.served.operations.filter(({ method }) => method !== 'GET')
    const allowed: string[] = []
    for (const { method, path, scope } of changes) {
      const address = fillPath(toMounted(path), () => world.ids.mine)
      const { status, text } = await see({ method, path: address, headers: asKey(world.readOnlyKey) })
      if (status !== 403 || !text.includes('scope.missing')) allowed.push(`${method} ${path}: ${status}`)
      if (!scope?.endsWith(':write')) allowed.push(`${method} ${path} asks for ${scope}`)
    }
    await annotate(`${changes.length} operations`)
    expect(allowed).toEqual([])
    expect(await digestOf(world.mine, KEPT_BY_VISITS)).toEqual(before)
  })
})
