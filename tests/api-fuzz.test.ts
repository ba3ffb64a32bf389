import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openApiCaller } from '../src/testing/api/caller.ts'
import { readServedDocument, type ServedDocument, type ServedOperation } from '../src/testing/api/document.ts'
import { createApiFuzzer, type Memory, rememberAnswer } from '../src/testing/api/fuzzer.ts'
import { createRawCaller, type RawRequest, type RawResponse } from '../src/testing/api/raw-request.ts'
import { pick } from '../src/testing/api/schema-values.ts'
import { startTestApp, type TestApp } from '../src/testing/app.ts'
import { addFurnishedCreator } from '../src/testing/builders/furnished-creator.ts'
import { createRandom } from '../src/testing/random.ts'
import { signUpTester } from '../src/testing/signed-in.ts'
import { startTelegramStandIn } from '../src/testing/telegram/stand-in.ts'
import { listTenantIds } from '../src/testing/wall/tenant-ids.ts'
import { startWhatsappStandIn } from '../src/testing/whatsapp/stand-in.ts'

/** A share of the ten thousand that are proven with FUZZ_REQUESTS=10000. */
const REQUESTS = Number(process.env.FUZZ_REQUESTS ?? 1_500)
const SEED = Number(process.env.FUZZ_SEED ?? 20_261_121)
/** Requests of one creator, until what the requests have deleted is missed. */
const ROUND = 250
const AT_ONCE = 8

/** What of the inside must not be seen outside. */
const INSIDES =
  /node_modules|\/src\/|\.ts:\d+|at \w+ \(|node:internal|\bSELECT\b|\bINSERT\b|violates|ZodError/

interface Trouble {
  operation: string
  request: string
  body: string | undefined
  problem: string
}

describe('the API, by its own description', () => {
  const opened = new AsyncDisposableStack()
  let app: TestApp
  let served: ServedDocument

  beforeAll(async () => {
    const telegram = opened.use(await startTelegramStandIn())
    const whatsapp = opened.use(await startWhatsappStandIn())
    const env = {
      API_REQUESTS_PER_MINUTE: '1000000',
      TELEGRAM_API_ROOT: telegram.url,
      WHATSAPP_API_ROOT: whatsapp.url,
    }
    app = opened.use(await startTestApp({ env }))
    served = await readServedDocument(app.url)
  })
  afterAll(() => opened.disposeAsync())

  /** A creator with something of everything, and a key that may do all. */
  async function openCreator(): Promise<{ key: string; ids: Memory['ids'] }> {
    const made = await addFurnishedCreator(app, `w${randomUUID().slice(0, 8)}`)
    await signUpTester(app, { creatorId: made.creatorId, role: 'viewer' })
    const { key } = await openApiCaller(app, made.creatorId)
    const ids = await listTenantIds(app.app.installation.db, made)
    return { key, ids: new Map(Object.entries(ids).map(([name, id]) => [name, [id]])) }
  }

  function judge(
    operation: ServedOperation,
    request: RawRequest,
    { status, headers, bytes }: RawResponse,
  ): Trouble[] {
    const mediaType = String(headers['content-type'] ?? '')
    const body = bytes.toString()
    const problems = [
      status >= 500 ? `answered ${status}: ${body.slice(0, 300)}` : undefined,
      served.findMismatch(operation, { status, mediaType, body }),
      INSIDES.test(body) && status >= 400 ? `shows its inside: ${body.slice(0, 300)}` : undefined,
    ]
    return problems
      .filter((problem) => problem !== undefined)
      .map((problem) => tellTrouble(operation, request, problem))
  }

  function tellTrouble(
    { id }: ServedOperation,
    { method, target, body }: RawRequest,
    problem: string,
  ): Trouble {
    const request = `${method} ${target.slice(0, 300)}`
    return { operation: id, request, body: body?.toString().slice(0, 500), problem }
  }

  function remember(memory: Memory, operation: ServedOperation, { headers, bytes }: RawResponse): void {
    const mediaType = String(headers['content-type'] ?? '').split(';')[0] ?? ''
    if (mediaType === 'application/json') rememberAnswer(memory, operation, JSON.parse(bytes.toString()).data)
    else memory.files.set(mediaType, bytes)
  }

  it(`answers ${REQUESTS} requests without a failure of its own, each as described`, {
    timeout: 1_200_000,
  }, async ({ annotate }) => {
    const random = createRandom(SEED)
    using raw = createRawCaller(app.url, AT_ONCE)
    const troubles: Trouble[] = []
    const statuses = new Map<number, number>()
    const succeeded = new Set<string>()
    let sent = 0

    /** Removals are rarer than the rest: what is gone cannot be asked about. */
    function chooseOperation(): ServedOperation {
      const chosen = pick(random, served.operations)
      return chosen.method === 'DELETE' && random() < 0.8 ? chooseOperation() : chosen
    }

    async function runRound(): Promise<void> {
      const memory: Memory = { ids: new Map(), answers: new Map(), texts: new Map(), files: new Map() }
      let key = ''
      const enter = async () => {
        ;({ key, ids: memory.ids } = await openCreator())
      }
      await enter()
      const fuzzer = createApiFuzzer(random, memory)
      const until = Math.min(sent + ROUND, REQUESTS)
      const work = async () => {
        while (sent < until) {
          sent += 1
          const operation = chooseOperation()
          const request = await fuzzer.build(operation, key)
          const response = await raw.send(request).catch((cause: Error) => {
            troubles.push(tellTrouble(operation, request, `broke the connection: ${cause.message}`))
          })
          if (!response) continue
          statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1)
          troubles.push(...judge(operation, request, response))
          if (response.status < 300) {
            succeeded.add(operation.id)
            remember(memory, operation, response)
          }
          // It has revoked itself.
          if (response.status === 401) await enter()
        }
      }
      await Promise.all(Array.from({ length: AT_ONCE }, work))
    }

    while (sent < REQUESTS && troubles.length < 50) await runRound()

    const never = served.operations.map(({ id }) => id).filter((id) => !succeeded.has(id))
    await annotate(
      JSON.stringify({
        sent,
        seed: SEED,
        operations: served.operations.length,
        statuses: Object.fromEntries(statuses),
        never,
      }),
    )
    expect(troubles.slice(0, 10), `seed ${SEED}`).toEqual([])
    expect(sent).toBe(REQUESTS)
    // Most operations must have been reached at heart, or the rest proves little.
    expect(succeeded.size / served.operations.length).toBeGreaterThan(0.7)
  })
})
