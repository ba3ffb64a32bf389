import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestApp } from '../src/testing/app.ts'
import { isQuiet } from '../src/testing/database-search.ts'
import { createTelegramPerson, type TelegramLine } from '../src/testing/telegram/person.ts'
import type { TelegramStandIn } from '../src/testing/telegram/stand-in.ts'
import { openTelegramWorld } from '../src/testing/telegram/world.ts'
import { waitUntil } from '../src/testing/wait.ts'

/** Messages one person sends at once; 1000 for the whole proof. */
const MESSAGES = Number(process.env.BUDGET_MESSAGES ?? 60)
const BUDGET_USD = 0.05

describe('a budget for one person and day', () => {
  const opened = new AsyncDisposableStack()
  let telegram: TelegramStandIn
  let app: TestApp
  let line: TelegramLine

  beforeAll(async () => {
    ;({ telegram, app, line } = opened.use(
      await openTelegramWorld({
        env: {
          TELEGRAM_BOT_PER_SECOND: '1000',
          MODEL_CHAT: 'openai:gpt-4o',
          ANSWER_CACHE: 'false',
          BUDGET_SUBSCRIBER_DAY_USD: String(BUDGET_USD),
        },
      }),
    ))
  })
  afterAll(() => opened.disposeAsync())

  it(
    'is not exceeded by many messages at once, and every one is answered',
    async () => {
      const person = createTelegramPerson(line, telegram)
      // A command between two questions keeps them from being answered as one.
      const texts = Array.from({ length: MESSAGES }, (_, at) =>
        at % 2 === 0 ? `What is the word of locker k${1_001 + (at % 50)}?` : '/help',
      )

      const posted = await Promise.all(texts.map((text) => person.says(text)))
      await waitUntil(() => isQuiet(app.app.installation.db), 30_000 + MESSAGES * 500)

      expect(posted.every(({ status }) => status === 200)).toBe(true)
      const { rows } = await sql<{ spent: string; questions: string; told: string }>`
      SELECT sum(usage.cost_usd) AS spent, count(DISTINCT turn.id) AS questions,
        count(DISTINCT turn.id) FILTER (WHERE turn.trace->'degraded' ? 'budget_spent') AS told
      FROM usage JOIN turn ON turn.id = usage.turn_id JOIN chat ON chat.id = usage.chat_id
      WHERE chat.chat_key = ${person.chatKey}
    `.execute(app.app.installation.db)
      const [row] = rows
      expect(Number(row?.spent)).toBeGreaterThan(BUDGET_USD / 4)
      expect(Number(row?.spent)).toBeLessThanOrEqual(BUDGET_USD)
      expect(Number(row?.told)).toBeGreaterThan(0)
      expect(person.heard().length).toBeGreaterThanOrEqual(Number(row?.questions))
    },
    30_000 + MESSAGES * 500,
  )
})
