import { describe, expect, it } from 'vitest'
import type { Actor } from '../accounts/access.ts'
import { openDatabase } from '../db/database.ts'
import { createTenantWall } from '../db/tenant-wall.ts'
import { addTestBot } from '../testing/builders/bot.ts'
import { openTestDatabase, type TestDatabase } from '../testing/database.ts'
import { getBot } from './bot.ts'
import { createBot, slugOf } from './create-bot.ts'
import { PHRASE_LANGUAGES } from './phrases.ts'

const PERSONA = 'A patient coach.'

async function addActor({ db }: TestDatabase, changes: Partial<Actor> = {}): Promise<Actor> {
  const { creatorId } = await addTestBot(db)
  return {
    creatorId,
    memberId: undefined,
    apiKeyId: undefined,
    name: 'Nell',
    role: 'editor',
    isOperator: false,
    ip: undefined,
    ...changes,
  }
}

describe('createBot', () => {
  it('makes a bot that speaks, with an empty base of its own, and writes it down', async () => {
    await using test = await openTestDatabase()
    const actor = await addActor(test)

    const made = await createBot(test.db, actor, { name: 'Élan & Söhne', persona: PERSONA, language: 'de' })

    const bot = await getBot(test.db, { botId: made.id, creatorId: actor.creatorId })
    expect(bot.slug).toBe('elan-sohne')
    expect(bot.settings).toMatchObject({ name: 'Élan & Söhne', languages: ['de'], grounding: 'strict' })
    expect(bot.settings.greeting.de).toContain('Élan & Söhne')
    const bases = await test.db.selectFrom('knowledge_base').selectAll().execute()
    expect(bases.filter(({ id }) => id === bot.knowledgeBaseId)).toMatchObject([{ passage_count: 0 }])
    const audit = await test.db.selectFrom('audit_entry').selectAll().execute()
    expect(audit).toMatchObject([{ action: 'bot.create', object_id: bot.id }])
  })

  it('has every word it needs in each language', async () => {
    await using test = await openTestDatabase()
    const actor = await addActor(test)

    for (const language of PHRASE_LANGUAGES) {
      const { settings } = await createBot(test.db, actor, { name: 'Nell', persona: PERSONA, language })

      for (const words of [settings.greeting, settings.no_answer, settings.safety_line]) {
        expect(words[language], language).toMatch(/\p{L}{2}/u)
      }
    }
  })

  it('gives the second of a name an ending, behind another creator’s wall too', async () => {
    await using test = await openTestDatabase()
    const [one, other] = [await addActor(test), await addActor(test)]
    const tenants = openDatabase(test.url, { max: 2, scope: 'tenant' })
    const within = createTenantWall(tenants)
    const make = (actor: Actor) =>
      within(actor.creatorId, (trx) =>
        createBot(trx, actor, { name: 'Nell', persona: PERSONA, language: 'en' }),
      )

    const slugs = [(await make(one)).slug, (await make(one)).slug, (await make(other)).slug]
    await tenants.destroy()

    expect(slugs).toEqual([
      'nell',
      expect.stringMatching(/^nell-[a-z2-9]{4}$/),
      expect.stringMatching(/^nell-[a-z2-9]{4}$/),
    ])
    // Nothing is left of the base that was made for a slug which was taken.
    const bases = await test.db
      .selectFrom('knowledge_base')
      .select('name')
      .where('name', 'like', 'nell%')
      .execute()
    expect(bases.map(({ name }) => name).sort()).toEqual([...slugs].sort())
  })

  it('is not a viewer’s to do', async () => {
    await using test = await openTestDatabase()
    const viewer = await addActor(test, { role: 'viewer' })

    await expect(
      createBot(test.db, viewer, { name: 'Nell', persona: PERSONA, language: 'en' }),
    ).rejects.toMatchObject({ code: 'access.denied' })
  })
})

describe('slugOf', () => {
  it.each([
    ['Nell at the Door', 'nell-at-the-door'],
    ['  ÀÉÎ  ', 'aei'],
    ['Größe!', 'grosse'],
    ['مدرب', 'bot'],
    ['a'.repeat(80), 'a'.repeat(48)],
    ['../../etc', 'etc'],
  ])('of "%s" is %s', (name, slug) => {
    expect(slugOf(name)).toBe(slug)
  })
})
