import { Agent, request } from 'node:http'

export interface RawRequest {
  method: string
  /** As it goes on the wire: nothing is resolved or encoded. */
  target: string
  headers: Record<string, string | string[]>
  body: Buffer | undefined
}

export interface RawResponse {
  status: number
  headers: Record<string, string | string[] | undefined>
  bytes: Buffer
}

/** Asks by `node:http`, which unlike fetch leaves the path and the headers as they are. */
export function createRawCaller(url: string, maxSockets: number) {
  const { hostname, port } = new URL(url)
  const agent = new Agent({ keepAlive: true, maxSockets })
  return {
    send: ({ method, target, headers, body }: RawRequest) =>
      new Promise<RawResponse>((resolve, reject) => {
        const length = body && { 'content-length': String(body.length) }
        const sent = request(
          { hostname, port, agent, method, path: target, headers: { ...headers, ...length } },
          (response) => {
            const chunks: Buffer[] = []
            response.on('data', (chunk: Buffer) => chunks.push(chunk))
            response.on('error', reject)
            response.on('end', () =>
              resolve({
                status: response.statusCode ?? 0,
                headers: response.headers,
                bytes: Buffer.concat(chunks),
              }),
            )
          },
        )
        sent.on('error', reject)
        sent.end(body)
      }),
    [Symbol.dispose]: () => agent.destroy(),
  }
}
