/** A server of its own process that pours three gigabytes into whoever asks, without telling how many. Prints its port. */
import { createServer } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { handOver } from './sent-file.ts'

const server = createServer((_request, response) => {
  const answer = handOver({ trouble: 'huge' })
  response.writeHead(200)
  if ('stream' in answer) void pipeline(Readable.from(answer.stream), response).catch(() => {})
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.stdout.write(`${typeof address === 'object' ? address?.port : ''}\n`)
})
