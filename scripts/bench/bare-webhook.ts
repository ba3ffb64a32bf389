/** The baseline of `bench webhook`: the barest Express handler that commits the same INSERT before its 200. */
import express from 'express'
import pg from 'pg'

const { DATABASE_URL: connectionString, BOT_ID: botId, CREATOR_ID: creatorId } = process.env
const pool = new pg.Pool({ connectionString, max: 10 })
const app = express()

app.post('/webhook', express.raw({ type: () => true, limit: 3_145_728 }), async (req, res) => {
  const update = JSON.parse(req.body.toString())
  const { text, chat, message_id: messageId } = update.message
  await pool.query(
    `INSERT INTO inbox (creator_id, bot_id, channel, chat_key, external_id, update)
     VALUES ($1, $2, 'telegram', $3, $4, $5) ON CONFLICT DO NOTHING`,
    [creatorId, botId, String(chat.id), String(update.update_id), JSON.stringify({ text, messageId })],
  )
  res.status(200).json({})
})

const server = app.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address && typeof address === 'object') console.log(`ready http://localhost:${address.port}`)
})
