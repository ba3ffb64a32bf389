import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { fetchToTheEnd } from './reused-connection.ts'

const CALLS = 5
const LAST_EVENT = 'data: {"n":1}\n\ndata: [DONE]\n\n'

describe('fetchToTheEnd', () => {
  it('lets a connection serve the next call though its reader stops at the last event', async () => {
    const server = await serve(async (response) => {
      response.write(LAST_EVENT)
      setTimeout(() => response.end('\n'), 20)
    })

    for (let call = 0; call < CALLS; call++) {
      await stopAt(await fetchToTheEnd(server.url), '[DONE]')
      await vi.waitUntil(() => server.finished() === call + 1)
    }

    // One is opened anew where the next call comes before the end of the last was seen.
    expect(server.connections()).toBeLessThan(CALLS - 1)
  })

  it('ends a call whose reader stops before its last event', async () => {
    const server = await serve(async (response) => {
      response.write('data: {"n":1}\n\n')
    })

    await stopAt(await fetchToTheEnd(server.url), '"n":1')

    await vi.waitUntil(() => server.closed() === 1)
  })

  it('cuts off a server that goes on after its last event', async () => {
    const server = await serve(async (response) => {
      response.write(LAST_EVENT)
      const timer = setInterval(() => response.write(': more\n\n'), 20)
      response.once('close', () => clearInterval(timer))
    })

    await stopAt(await fetchToTheEnd(server.url), '[DONE]')

    await vi.waitUntil(() => server.closed() === 1, { timeout: 5_000 })
  })

  it('passes on what is no stream', async () => {
    const server = await serve(async (response) => void response.end('{}'), 'application/json')

    expect(await (await fetchToTheEnd(server.url)).json()).toEqual({})
  })
})

/** Reads until a text has come, and cancels. */
async function stopAt(response: Response, text: string): Promise<void> {
  const reader = response.body?.getReader()
  if (!reader) throw new Error('there is no body')
  let read = ''
  while (!read.includes(text)) {
    const { value, done } = await reader.read()
    if (done) throw new Error('the body ended early')
    read += new TextDecoder().decode(value)
  }
  await reader.cancel()
}

async function serve(
  reply: (response: ServerResponse) => Promise<void>,
  contentType = 'text/event-stream; charset=utf-8',
) {
  const counts = { connections: 0, finished: 0, closed: 0 }
  const server = createServer((_, response) => {
    response.once('finish', () => counts.finished++)
    response.once('close', () => !response.writableFinished && counts.closed++)
    response.setHeader('content-type', contentType)
    void reply(response)
  })
  server.on('connection', () => counts.connections++)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    connections: () => counts.connections,
    finished: () => counts.finished,
    closed: () => counts.closed,
  }
}
