/** What a server-sent stream of an OpenAI-compatible server ends with. */
const LAST_EVENT = '[DONE]'

/** Long enough for the last event and the line breaks behind it. */
const TAIL_BYTES = 16

/** From the last event to the end of the body nothing but line breaks comes; a server that says more is cut off. */
const END_WITHIN_MS = 1_000

/**
 * `fetch` for a client that stops reading at the last event of a stream: the rest of the body is then read to its end
 * instead of thrown away, since a body that is cancelled closes its connection, and the next call pays for another.
 */
export async function fetchToTheEnd(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const response = await fetch(input, init)
  if (!response.body || !response.headers.get('content-type')?.includes('text/event-stream')) return response
  return new Response(readToTheEnd(response.body), {
    status: response.status,
    statusText: response.statusText,
    headers: response.headers,
  })
}

function readToTheEnd(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  let tail = ''
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { value, done } = await reader.read()
        if (done) return controller.close()
        tail = (tail + Buffer.from(value.subarray(-TAIL_BYTES)).toString('latin1')).slice(-TAIL_BYTES)
        controller.enqueue(value)
      },
      async cancel(reason) {
        // Not awaited: the answer is whole.
        if (tail.includes(LAST_EVENT)) void drain(reader)
        else await reader.cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
}

async function drain(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  const timer = setTimeout(() => void reader.cancel().catch(() => {}), END_WITHIN_MS)
  try {
    while (!(await reader.read()).done);
  } catch {
    // How the connection of a whole answer ends is nobody's concern.
  } finally {
    clearTimeout(timer)
  }
}
