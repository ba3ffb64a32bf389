/** A piece of a Rich Text file. Bytes are in the code page of the font they are set in. */
export type RtfToken =
  | { kind: 'open' }
  | { kind: 'close' }
  | { kind: 'word'; name: string; value: number | undefined }
  | { kind: 'bytes'; bytes: Buffer }

const BACKSLASH = 0x5c
const BRACE_OPEN = 0x7b
const BRACE_CLOSE = 0x7d
const QUESTION_MARK = 0x3f

/** Longer than any control word there is. */
const MAX_NAME = 32

/** Cuts a file into its tokens, passing over binary data by the length it declares. */
export function* listRtfTokens(bytes: Buffer): Generator<RtfToken> {
  let at = 0
  while (at < bytes.length) {
    const byte = bytes[at] ?? 0
    at += 1
    if (byte === BRACE_OPEN) yield { kind: 'open' }
    else if (byte === BRACE_CLOSE) yield { kind: 'close' }
    // Bare line ends and zeros are no text.
    else if (byte === 0x0a || byte === 0x0d || byte === 0) continue
    else if (byte !== BACKSLASH) {
      const end = findTextEnd(bytes, at)
      yield { kind: 'bytes', bytes: bytes.subarray(at - 1, end) }
      at = end
    } else {
      const { token, end } = readControl(bytes, at)
      at = token.kind === 'word' && token.name === 'bin' ? end + Math.max(token.value ?? 0, 0) : end
      yield token
    }
  }
}

function findTextEnd(bytes: Buffer, start: number): number {
  let end = start
  for (; end < bytes.length; end += 1) {
    const byte = bytes[end] ?? 0
    if (byte === BACKSLASH || byte === BRACE_OPEN || byte === BRACE_CLOSE) break
    if (byte === 0x0a || byte === 0x0d || byte === 0) break
  }
  return end
}

function readControl(bytes: Buffer, start: number): { token: RtfToken; end: number } {
  const first = bytes[start] ?? 0
  if (!isLetter(first)) return readSymbol(bytes, start, String.fromCharCode(first))
  let end = start
  while (isLetter(bytes[end] ?? 0) && end - start < MAX_NAME) end += 1
  const name = bytes.toString('latin1', start, end)
  const parameter = /^-?\d{1,10}/.exec(bytes.toString('latin1', end, end + 11))?.[0]
  end += parameter?.length ?? 0
  // One space ends a control word and belongs to it.
  if (bytes[end] === 0x20) end += 1
  return {
    token: { kind: 'word', name, value: parameter === undefined ? undefined : Number(parameter) },
    end,
  }
}

function readSymbol(bytes: Buffer, start: number, symbol: string): { token: RtfToken; end: number } {
  const end = start + 1
  if (symbol === "'") {
    const value = Number.parseInt(bytes.toString('latin1', end, end + 2), 16)
    return {
      token: { kind: 'bytes', bytes: Buffer.of(Number.isNaN(value) ? QUESTION_MARK : value) },
      end: end + 2,
    }
  }
  if (symbol === '\n' || symbol === '\r')
    return { token: { kind: 'word', name: 'par', value: undefined }, end }
  if ('\\{}'.includes(symbol)) return { token: { kind: 'bytes', bytes: Buffer.from(symbol) }, end }
  return { token: { kind: 'word', name: symbol, value: undefined }, end }
}

function isLetter(byte: number): boolean {
  return (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x41 && byte <= 0x5a)
}
