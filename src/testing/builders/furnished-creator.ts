import { Readable } from 'node:stream'
import { sql } from 'kysely'
import type { Actor } from '../../accounts/access.ts'
import { setHook } from '../../billing/fulfilment/hook.ts'
import type { TestApp } from '../app.ts'
import { addCreatorRows, type CreatorRows } from './creator-rows.ts'

/**
 * A creator with one of everything, each whole enough to be shown to whom it belongs to: a file behind the
 * document, a Trace behind the answer, a channel whose credentials can be read, `word` in all of it.
 */
export async function addFurnishedCreator({ app, bot }: TestApp, word: string): Promise<CreatorRows> {
  const { db, files, connections, vault } = app.installation
  const made = await addCreatorRows(db, word)
  const { creatorId, botId } = made
  const { key, sizeBytes } = await files.write(creatorId, Readable.from([word]), { maxBytes: 100 })
  const trace = JSON.stringify({
    question: word,
    model: 'none',
    passages: [{ id: made.passageId, score: 1 }],
  })
  await sql`DELETE FROM connection WHERE creator_id = ${creatorId}`.execute(db)
  await connections.save({
    ...{ creatorId, botId, channel: 'telegram', externalId: word, name: word },
    credentials: { token: `4242:${'T'.repeat(35)}`, webhookSecret: word },
  })
  await setHook(db, actorOf(creatorId), { botId, url: 'https://shop.example.com/x', vault, isRotated: true })
  // Leads nowhere: a test of it asks nobody on the internet.
  await sql`UPDATE fulfilment_hook SET url = ${`https://127.0.0.1/${word}`} WHERE bot_id = ${botId}`.execute(
    db,
  )
  await sql`UPDATE document_version SET file_key = ${key}, size_bytes = ${sizeBytes} WHERE creator_id = ${creatorId}`.execute(
    db,
  )
  await sql`UPDATE turn SET trace = ${trace} WHERE creator_id = ${creatorId}`.execute(db)
  await sql`UPDATE message SET direction = 'out' WHERE creator_id = ${creatorId}`.execute(db)
  await sql`
    UPDATE bot SET settings = ours.settings || jsonb_build_object('name', bot.settings->>'name')
    FROM bot AS ours WHERE ours.id = ${bot.id} AND bot.id = ${botId}
  `.execute(db)
  return made
}

function actorOf(creatorId: string): Actor {
  return {
    ...{ creatorId, memberId: undefined, apiKeyId: undefined, name: 'Test' },
    ...{ role: 'owner', isOperator: false, ip: undefined },
  }
}
