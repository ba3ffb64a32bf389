import { sql } from 'kysely'
import type { Db } from '../../db/database.ts'
import type { TestApp } from '../app.ts'
import { isQuiet } from '../database-search.ts'
import type { ModelStandIn } from '../models/stand-in.ts'
import { createTelegramPerson, dataOf, type TelegramPerson } from '../telegram/person.ts'
import { openTelegramWorld } from '../telegram/world.ts'
import { waitUntil } from '../wait.ts'

/** People on Telegram, a bot with a model for answers and a cheaper one beside, and what the two were told. */
export interface MemoryWorld extends AsyncDisposable {
  app: TestApp
  db: Db
  model: ModelStandIn
  addPerson(): TelegramPerson
  /** Says something, and waits until nothing more comes of it; returns what came. */
  tell(person: TelegramPerson, text: string): Promise<string[]>
  /** Taps the newest button of this label; returns the first thing that came. */
  tap(person: TelegramPerson, label: string): Promise<string>
  /** Resolves when everything is answered and sent, and nothing is left to remember. */
  rest(): Promise<void>
  findChat(person: TelegramPerson): Promise<{ id: string; bot_id: string; subscriber_id: string }>
  /** What is remembered of them, the oldest first: `goal: My goal is ...`. */
  listRemembered(person: TelegramPerson): Promise<string[]>
  /** The prompts of the models' calls after the first `from`. */
  promptsSince(from: number): string[]
}

export async function openMemoryWorld(): Promise<MemoryWorld> {
  await using opened = new AsyncDisposableStack()
  const env = {
    PUBLIC_URL: 'https://coach.example.org',
    MODEL_CHAT: 'openai:gpt-4o',
    MODEL_BULK: 'openai:gpt-4o-mini',
  }
  const { telegram, model, app, line } = opened.use(await openTelegramWorld({ env }))
  const { db } = app.app.installation

  async function rest(): Promise<void> {
    await waitUntil(async () => {
      const { rows } = await sql`SELECT FROM chat_memory WHERE due_at IS NOT NULL LIMIT 1`.execute(db)
      return rows.length === 0 && (await isQuiet(db))
    })
  }

  const findChat = ({ chatKey }: TelegramPerson) =>
    db
      .selectFrom('chat')
      .select(['id', 'bot_id', 'subscriber_id'])
      .where('chat_key', '=', chatKey)
      .executeTakeFirstOrThrow()

  const owned = opened.move()
  return {
    app,
    db,
    model,
    rest,
    findChat,
    addPerson: () => createTelegramPerson(line, telegram),
    async tell(person, text) {
      const before = person.heard().length
      await person.says(text)
      await person.hears(before + 1)
      await rest()
      const heard = person.heard().slice(before)
      return heard.map((message) => message.text)
    },
    async tap(person, label) {
      const hasLabel = ({ label: shown }: { label: string }) => shown === label
      const message = person.heard().findLast(({ buttons }) => buttons.flat().some(hasLabel))
      if (!message) throw new Error(`nobody offered ${label}`)
      const before = person.heard().length
      await person.taps(dataOf(message, label))
      const { text } = await person.hears(before + 1)
      await rest()
      return text
    },
    async listRemembered(person) {
      const { subscriber_id } = await findChat(person)
      const rows = await db
        .selectFrom('memory_fact')
        .select(['kind', 'text'])
        .where('subscriber_id', '=', subscriber_id)
        .orderBy('said_at')
        .execute()
      return rows.map(({ kind, text }) => `${kind}: ${text}`)
    },
    promptsSince: (from) =>
      model.calls
        .slice(from)
        .map(({ body }) => body.messages.map(({ content }) => String(content)).join('\n')),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
