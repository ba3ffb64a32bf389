import { describe, expect, it } from 'vitest'
import { startTestApp } from '../src/testing/app.ts'
import { isQuiet } from '../src/testing/database-search.ts'
import { startModelStandIn } from '../src/testing/models/stand-in.ts'
import { createTelegramPerson } from '../src/testing/telegram/person.ts'
import { startTelegramStandIn } from '../src/testing/telegram/stand-in.ts'
import { waitForLength, waitUntil } from '../src/testing/wait.ts'

/** An answer that the material proves, long enough to be seen growing: some seconds of the stand-in's writing. */
const LONG_ANSWER = Array.from(
  { length: 40 },
  (_, index) => `The word of locker k${1000 + index} is amber${1000 + index} [1].`,
).join(' ')
const WORD_DELAY_MS = 12

const QUESTION = 'What are the words of the lockers?'

/** The app, its Telegram and a model that writes the answer word by word. */
async function openScene(hasDrafts: boolean) {
  await using opened = new AsyncDisposableStack()
  const telegram = opened.use(await startTelegramStandIn({ hasDrafts }))
  const behaviour = { kind: 'say', text: LONG_ANSWER } as const
  const model = opened.use(await startModelStandIn({ behaviour, wordDelayMs: WORD_DELAY_MS }))
  const app = opened.use(
    await startTestApp({
      env: {
        TELEGRAM_API_ROOT: telegram.url,
        MODEL_CHAT: 'openai:stand-in',
        OPENAI_BASE_URL: model.openAiUrl,
        OPENAI_API_KEY: 'test-key',
      },
    }),
  )
  const person = createTelegramPerson(await app.connectTelegram(), telegram)
  const owned = opened.move()
  return { telegram, model, app, person, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

describe('an answer of some length on Telegram', () => {
  it('is shown growing; the stop button ends the model and keeps what was written', async () => {
    await using scene = await openScene(true)
    const { telegram, model, app, person } = scene
    const listDrafts = () => telegram.calls.filter(({ method }) => method === 'sendMessageDraft')

    await person.says(QUESTION)
    await waitForLength(listDrafts, 2)
    const { updateId, chatId } = person.inbound()
    const chat = { id: chatId, type: 'private', first_name: 'Person' }
    await person.post({ update_id: updateId, stopped_message_generation: { chat } })
    const answer = await person.hears()

    const drafts = listDrafts().map(({ body }) => body)
    expect(new Set(drafts.map(({ chat_id, draft_id }) => `${chat_id} ${draft_id}`)).size).toBe(1)
    expect(drafts.every(({ can_stop }) => can_stop === true)).toBe(true)
    const texts = drafts.map(({ text }) => String(text))
    expect(texts.map(({ length }) => length)).toEqual(texts.map(({ length }) => length).sort((a, b) => a - b))
    expect(texts.at(-1)).toContain('The word of locker k1000')
    expect(answer.text).toContain('The word of locker k1000 is amber1000 [1].')
    expect(answer.text).not.toContain('amber1039')
    expect(answer.text.endsWith('].')).toBe(true)
    await waitUntil(() => model.abandonedCount() === 1)
    await waitUntil(() => isQuiet(app.app.installation.db))
    expect(person.heard()).toHaveLength(1)
  })

  it('is announced by typing where the server knows no drafts', async () => {
    await using scene = await openScene(false)
    const { telegram, person } = scene

    await person.says(QUESTION)
    const answer = await person.hears()

    expect(answer.text).toContain('amber1000')
    const methods = telegram.calls.map(({ method }) => method)
    expect(methods).toContain('sendChatAction')
    expect(methods).not.toContain('sendMessageDraft')
  })
})
