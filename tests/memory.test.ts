import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findBotBySlug } from '../src/bots/bot.ts'
import { phrase } from '../src/bots/phrases.ts'
import { findTablesHolding } from '../src/testing/database-search.ts'
import { signUpTester } from '../src/testing/signed-in.ts'
import type { TelegramPerson } from '../src/testing/telegram/person.ts'
import { waitUntil } from '../src/testing/wait.ts'
import { type MemoryWorld, openMemoryWorld } from '../src/testing/worlds/memory-world.ts'

const YES = 'Yes, remember'
const CONSENT = /May I remember such things/

describe('what the bot remembers of people', { timeout: 60_000 }, () => {
  let world: MemoryWorld

  beforeAll(async () => {
    world = await openMemoryWorld()
  })
  afterAll(() => world[Symbol.asyncDispose]())

  it('asks once, keeps nothing before a yes, and takes up what it had asked about', async () => {
    const person = world.addPerson()

    const [answer, asked] = await world.tell(
      person,
      'My goal is to open locker k1003. What is the word of locker k1003?',
    )
    expect(answer).toContain('amber1003')
    expect(asked).toMatch(CONSENT)
    expect(await world.listRemembered(person)).toEqual([])
    const again = await world.tell(person, 'My goal is a tidy locker. What is the word of locker k1004?')
    expect(again).toHaveLength(1)
    expect(await world.listRemembered(person)).toEqual([])

    expect(await world.tap(person, YES)).toMatch(/From now on I remember/)
    await waitUntil(async () => (await world.listRemembered(person)).length > 0)
    expect((await world.listRemembered(person)).join('\n')).toContain('goal: My goal is to open locker k1003')
  })

  it('takes note of what asks nothing and the material knows nothing of, and leaves the creator no question', async () => {
    const person = world.addPerson()

    expect(await world.tell(person, 'I am allergic to quandongs.')).toEqual([expect.stringMatching(CONSENT)])
    await world.tap(person, YES)
    expect(await world.tell(person, 'I am allergic to lilly pillies.')).toEqual([
      phrase('en', 'memory_noted'),
    ])

    await waitUntil(async () => (await world.listRemembered(person)).length === 2)
    expect(await findTablesHolding(world.db, 'quandongs')).not.toContain('public.gap')
  })

  it('keeps nothing of who says no', async () => {
    const person = world.addPerson()
    await world.tell(person, 'Call me Wombat')
    expect(person.heard().at(-1)?.text).toMatch(CONSENT)

    expect(await world.tap(person, "No, don't")).toMatch(/I keep nothing/)
    await world.tell(person, 'My goal is to sleep. What is the word of locker k1005?')

    expect(await world.listRemembered(person)).toEqual([])
    expect(person.heard().filter(({ text }) => CONSENT.test(text))).toHaveLength(1)
  })

  it('tells the model of it where it matters, of this person alone, and keeps such answers from others', async () => {
    const [person, other] = [world.addPerson(), world.addPerson()]
    await world.tell(person, 'Remember that I am a keeper of locker k1010 in quollville.')
    await world.tap(person, YES)
    await waitUntil(async () => (await world.listRemembered(person)).length === 1)
    const question = 'Which word belongs to the amber locker k1010?'

    const from = world.model.calls.length
    const [own] = await world.tell(person, question)
    const [ownPrompt = ''] = world.promptsSince(from)
    const [theirs] = await world.tell(other, question)
    const otherPrompts = world.promptsSince(from).slice(1)

    expect(own).toContain('amber1010')
    expect(theirs).toContain('amber1010')
    expect(ownPrompt).toContain('"I am a keeper of locker k1010 in quollville"')
    // The answer that knew of the person was not given again: the other one's was written anew, knowing nothing.
    expect(otherPrompts.length).toBeGreaterThan(0)
    expect(otherPrompts.filter((prompt) => prompt.includes('quollville'))).toEqual([])
    const turn = await world.db
      .selectFrom('turn')
      .select('trace')
      .where('chat_id', '=', (await world.findChat(person)).id)
      .orderBy('committed_at', 'desc')
      .executeTakeFirstOrThrow()
    expect(turn.trace).toMatchObject({ cache: { outcome: 'miss', reason: 'memory' }, usesMemory: true })
    expect(JSON.stringify(turn.trace)).not.toContain('quollville')
  })

  it('gives a kept answer also to who is remembered, where their memory has nothing to do with it', async () => {
    const person = world.addPerson()
    await world.tell(person, 'My goal is a marathon. What is the word of locker k1021?')
    await world.tap(person, YES)
    await waitUntil(async () => (await world.listRemembered(person)).length > 0)
    const question = 'Which word belongs to the amber locker k1022?'
    await world.tell(world.addPerson(), question)
    const from = world.model.calls.length

    const [answer] = await world.tell(person, question)

    expect(answer).toContain('amber1022')
    expect(world.promptsSince(from)).toEqual([])
  })

  it('asks also who keeps telling of themselves in words no rule knows', async () => {
    const person = world.addPerson()
    await world.tell(person, 'Yesterday was hard for me. What is the word of locker k1041?')
    await world.tell(person, 'At work they laugh at me. What is the word of locker k1042?')
    expect(person.heard().filter(({ text }) => CONSENT.test(text))).toEqual([])

    await world.tell(person, 'Nobody listens to me. What is the word of locker k1043?')

    expect(person.heard().at(-1)?.text).toMatch(CONSENT)
  })

  it('shows what it remembers, forgets one thing, and all of it', async () => {
    const person = world.addPerson()
    await world.tell(person, 'Remember that I am a collector of bandicoot stamps.')
    await world.tap(person, YES)
    await waitUntil(async () => (await world.listRemembered(person)).length === 1)
    expect(
      await world.tell(person, 'My goal is a bilby farm. What is the word of locker k1006?'),
    ).toHaveLength(1)
    await waitUntil(async () => (await world.listRemembered(person)).length === 2)

    const [shown] = await world.tell(person, '/memory')
    expect(shown).toContain('I am a collector of bandicoot stamps')
    expect(shown).toContain('My goal is a bilby farm')
    const left = await world.tap(person, '🗑 1')
    expect(left).not.toContain('bilby farm')
    expect(await world.listRemembered(person)).toHaveLength(1)

    const chat = await world.findChat(person)
    await world.tell(person, '/forget')
    await world.tap(person, 'Delete everything')
    for (const word of ['bandicoot', 'bilby', chat.subscriber_id])
      expect(
        (await findTablesHolding(world.db, word)).filter((table) => /memory/.test(table)),
        word,
      ).toEqual([])
    for (const word of ['bandicoot', 'bilby'])
      expect(await findTablesHolding(world.db, word), word).toEqual([])
    const [afterwards] = await world.tell(person, '/memory')
    expect(afterwards).toMatch(/I remember nothing about you/)
  })

  it('shows it to the creator’s people with consent alone, and writes the look down', async () => {
    const [willing, unwilling] = [world.addPerson(), world.addPerson()]
    for (const person of [willing, unwilling])
      await world.tell(person, 'Remember that I am a friend of numbats.')
    await world.tap(willing, YES)
    await waitUntil(async () => (await world.listRemembered(willing)).length === 1)
    const owner = await signUpTester(world.app)
    const read = async (person: TelegramPerson) => {
      const { bot_id, subscriber_id } = await world.findChat(person)
      return (await owner.fetch(`/admin/bots/${bot_id}/subscribers/${subscriber_id}`)).text()
    }

    expect(await read(willing)).toContain('I am a friend of numbats')
    const withheld = await read(unwilling)
    expect(withheld).toContain('They have not agreed')
    expect(withheld).not.toContain('numbats')
    const looks = await world.db
      .selectFrom('audit_entry')
      .select('object_id')
      .where('action', '=', 'memory.view')
      .execute()
    expect(looks).toEqual([{ object_id: (await world.findChat(willing)).subscriber_id }])
  })

  it('gives the person a page of their own: to see, to take back, to take along, to leave', async () => {
    const person = world.addPerson()
    await world.tell(person, 'Remember that I am a keeper of dunnarts.')
    await world.tap(person, YES)
    await waitUntil(async () => (await world.listRemembered(person)).length === 1)
    await world.tell(person, '/me')
    const [button] = person.heard().at(-1)?.buttons.flat() ?? []
    const path = new URL(button?.url ?? '').pathname
    const page = `${world.app.url}${path}`
    const ask = (rest: string, form: Record<string, string>, site = 'same-origin') =>
      fetch(`${page}${rest}`, {
        method: 'POST',
        headers: { 'sec-fetch-site': site, accept: 'text/html' },
        body: new URLSearchParams(form),
        redirect: 'manual',
      })
    const chat = await world.findChat(person)

    const opened = await fetch(page)
    const shown = await opened.text()
    expect(shown).toContain('I am a keeper of dunnarts')
    expect(Object.fromEntries(opened.headers)).toMatchObject({
      'cache-control': 'no-store',
      'x-robots-tag': 'noindex',
      'referrer-policy': 'no-referrer',
    })
    const preview = await fetch(page, { headers: { 'user-agent': 'TelegramBot (like TwitterBot)' } })
    expect(await preview.text()).not.toContain('dunnarts')
    for (const forged of [`${page}x`, page.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))])
      expect((await fetch(forged)).status).toBe(404)

    const exported = await (await ask('/export', {})).text()
    expect(JSON.parse(exported).memories).toHaveLength(1)
    expect((await ask('/memory', { memory: 'off' }, 'cross-site')).status).toBe(403)
    expect((await ask('/erase', {})).status).toBe(400)
    const [, remove = ''] = /action="[^"]*(\/facts\/[^"]+)"/.exec(shown) ?? []
    expect((await ask(remove, {})).status).toBe(303)
    expect(await world.listRemembered(person)).toEqual([])
    expect((await ask('/memory', { memory: 'off' })).status).toBe(303)
    expect(await (await fetch(page)).text()).toContain('Nothing you tell of yourself is remembered')
    expect((await ask('/memory', { memory: 'on' })).status).toBe(400)
    expect((await ask('/erase', { sure: 'yes' })).status).toBe(200)
    for (const word of ['dunnarts', chat.id, chat.subscriber_id])
      expect(await findTablesHolding(world.db, word), word).toEqual([])
    expect((await fetch(page)).status).toBe(404)
  })

  it('asks nobody and keeps nothing where the bot is set so', async () => {
    const person = world.addPerson()
    await sql`UPDATE bot SET settings = settings || '{"memory":{"facts":false}}'`.execute(world.db)
    await waitUntil(async () => (await findBotBySlug(world.db, 'lockers'))?.settings.memory?.facts === false)
    await waitUntil(async () => {
      const [answer = ''] = await world.tell(world.addPerson(), '/memory')
      return /does not remember/.test(answer)
    })

    const heard = await world.tell(person, 'My goal is a tidy desk. What is the word of locker k1007?')

    expect(heard).toHaveLength(1)
    expect(heard[0]).toContain('amber1007')
    await sql`UPDATE bot SET settings = settings - 'memory'`.execute(world.db)
  })

  it('sums up what left the window once, whoever works at it, and goes on from there', async () => {
    const person = world.addPerson()
    const summaries = () =>
      world.promptsSince(0).filter((prompt) => prompt.includes('old notes =====') && prompt.includes('k1030'))
    for (let n = 1030; n < 1039; n++) await world.tell(person, `What is the word of locker k${n}?`)
    const chat = await world.findChat(person)
    expect(summaries()).toHaveLength(0)

    await world.tell(person, 'What is the word of locker k1039?')
    await waitUntil(() => summaries().length > 0)
    await world.rest()
    const read = () =>
      world.db.selectFrom('chat_memory').selectAll().where('chat_id', '=', chat.id).executeTakeFirstOrThrow()
    const first = await read()
    expect(first.summary).toContain('What is the word of locker k1030?')
    expect(summaries()).toHaveLength(1)

    // Several are told at once that there is something to do: one of them does it.
    const { remember } = world.app.app.installation
    await sql`UPDATE chat_memory SET covered_position = 0, due_at = now() WHERE chat_id = ${chat.id}`.execute(
      world.db,
    )
    await Promise.all([1, 2, 3].map(() => remember(chat.id, AbortSignal.timeout(30_000))))
    await world.rest()
    expect(summaries()).toHaveLength(2)
    expect((await read()).covered_position).toBe(first.covered_position)

    const from = world.model.calls.length
    await world.tell(person, 'And of locker k1031?')
    const [rewriting = '', answering = ''] = world.promptsSince(from)
    expect(rewriting).toContain('Before: ')
    expect(answering).toContain('notes of what was said before')
    const { rows } = await sql<{
      cost: string
    }>`SELECT sum(cost_usd) AS cost FROM usage WHERE chat_id = ${chat.id}`.execute(world.db)
    expect(Number(rows[0]?.cost)).toBeGreaterThan(0)
  })
})
