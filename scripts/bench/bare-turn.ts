/**
 * The baseline of `bench turn`: what a durable Turn cannot do without, and nothing else. No framework, no
 * keyword side, no language, no history, no claim checks, no order within a chat, no pace: one commit before the 200, an
 * embedding, a query to Chroma, a streamed model call, one commit of the answer, the send, one commit of its
 * receipt.
 */
import { createServer } from 'node:http'
import pg from 'pg'

const {
  DATABASE_URL: connectionString,
  COLLECTION_URL: collectionUrl,
  OPENAI_BASE_URL: modelUrl,
  SEND_URL: sendUrl,
} = process.env
const pool = new pg.Pool({ connectionString, max: 10 })
await pool.query(
  'CREATE TABLE IF NOT EXISTS bare_turn (id bigserial PRIMARY KEY, question text, answer text, sent_id text)',
)

async function post(url: string, body: unknown): Promise<string> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer bench' },
    body: JSON.stringify(body),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text.slice(0, 200)}`)
  return text
}

async function answer(id: string, chatId: number, question: string): Promise<void> {
  const embedded = JSON.parse(await post(`${modelUrl}/embeddings`, { model: 'stand-in', input: [question] }))
  const found = await post(`${collectionUrl}/query`, {
    query_embeddings: [embedded.data[0].embedding],
    n_results: 8,
    include: ['distances'],
  })
  const streamed = await post(`${modelUrl}/chat/completions`, {
    model: 'stand-in',
    stream: true,
    messages: [{ role: 'user', content: `${found}\n${question}` }],
  })
  const words = streamed
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice(6)).choices[0]?.delta?.content ?? '')
  const text = words.join('') || 'nothing found'
  await pool.query('UPDATE bare_turn SET answer = $2 WHERE id = $1', [id, text])
  const sent = JSON.parse(await post(sendUrl ?? '', { chat_id: chatId, text }))
  await pool.query('UPDATE bare_turn SET sent_id = $2 WHERE id = $1', [id, String(sent.result.message_id)])
}

const server = createServer(async (request, response) => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  const { message } = JSON.parse(Buffer.concat(chunks).toString())
  const stored = await pool.query('INSERT INTO bare_turn (question) VALUES ($1) RETURNING id', [message.text])
  response.writeHead(200).end()
  answer(stored.rows[0].id, message.chat.id, message.text).catch((error) => {
    console.error(error)
    process.exit(1)
  })
}).listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address && typeof address === 'object') console.log(`ready http://localhost:${address.port}`)
})
