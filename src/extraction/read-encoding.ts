/** How much is looked at to guess: enough for statistics, cheap for any file. */
const SAMPLE_BYTES = 64 * 1024

/** A file with more control characters than this is a program or a picture, not text. */
const MAX_CONTROL_SHARE = 0.02

/** Encodings of files without a mark that are not UTF-8, each with the letters that prove it. */
const LEGACY: [label: string, letters: RegExp][] = [
  ['shift_jis', /[\u3041-\u30ff]/g],
  ['euc-jp', /[\u3041-\u30ff]/g],
  ['gb18030', /[\u4e00-\u9fff]/g],
  ['euc-kr', /[\uac00-\ud7a3]/g],
  ['windows-1251', /[\u0410-\u044f]/g],
]

/** Share of bytes above 127 from which a text is taken for non-Latin script. */
const NON_LATIN_SHARE = 0.35

/** Fewer such bytes prove nothing: "Größe" reads as Chinese too. */
const MIN_HIGH_BYTES = 10

/**
 * Decodes a text file: by byte order mark, else as UTF-16 or UTF-8 when the
 * bytes are exactly that, else by `declared`, else as the legacy encoding whose
 * letters appear, else as Windows-1252, which every byte sequence is.
 *
 * @returns `undefined` when the bytes are no text in any of these.
 */
export function decodeText(bytes: Uint8Array, declared?: string): string | undefined {
  const text = decode(bytes, findEncoding(bytes, declared))
  return isText(text) ? text : undefined
}

function findEncoding(bytes: Uint8Array, declared: string | undefined): string {
  const sample = bytes.subarray(0, SAMPLE_BYTES)
  if (sample[0] === 0xff && sample[1] === 0xfe) return 'utf-16le'
  if (sample[0] === 0xfe && sample[1] === 0xff) return 'utf-16be'
  const wide = findWide(sample)
  if (wide) return wide
  if (canDecode(bytes, 'utf-8')) return 'utf-8'
  if (declared && canDecode(bytes, declared)) return declared
  return findLegacy(sample) ?? 'windows-1252'
}

/** UTF-16 without a mark: text has a zero in every second byte as long as it is mostly Latin. */
function findWide(sample: Uint8Array): string | undefined {
  const zeros = [0, 0]
  sample.forEach((byte, index) => {
    if (byte === 0) zeros[index % 2] = (zeros[index % 2] ?? 0) + 1
  })
  const [even = 0, odd = 0] = zeros
  const half = sample.length / 2
  if (odd > half * 0.4 && even < half * 0.05) return 'utf-16le'
  if (even > half * 0.4 && odd < half * 0.05) return 'utf-16be'
  return undefined
}

function findLegacy(sample: Uint8Array): string | undefined {
  const high = sample.reduce((count, byte) => count + (byte > 127 ? 1 : 0), 0)
  if (high < MIN_HIGH_BYTES || high < sample.length * NON_LATIN_SHARE) return undefined
  const found = LEGACY.find(([label, letters]) => {
    const text = decode(sample, label)
    if (text.slice(0, -1).includes('\ufffd')) return false
    return (text.match(letters)?.length ?? 0) > text.length * 0.2
  })?.[0]
  return found === 'windows-1251' ? chooseCyrillic(sample) : found
}

/** KOI8-R has small letters where Windows-1251 has capitals: read as the other, words begin small and go on in capitals. */
function chooseCyrillic(sample: Uint8Array): string {
  const [windows, koi] = ['windows-1251', 'koi8-r'].map((label) => countMiscased(decode(sample, label)))
  return (koi ?? 0) < (windows ?? 0) ? 'koi8-r' : 'windows-1251'
}

function countMiscased(text: string): number {
  return text.match(/[\u0430-\u044f][\u0410-\u042f]/g)?.length ?? 0
}

function canDecode(bytes: Uint8Array, label: string): boolean {
  try {
    new TextDecoder(label, { fatal: true }).decode(bytes)
    return true
  } catch {
    return false
  }
}

function decode(bytes: Uint8Array, label: string): string {
  return new TextDecoder(label).decode(bytes)
}

function isText(text: string): boolean {
  const sample = text.slice(0, SAMPLE_BYTES)
  const controls = sample.match(/[[\p{Cc}--[\t\n\f\r\u0085]]\ufffd]/gv)
  return (controls?.length ?? 0) <= sample.length * MAX_CONTROL_SHARE && !sample.includes('\u0000')
}
