/** How much a single file may cost before its extraction is ended. */
export interface ExtractLimits {
  /** Size of the file as uploaded. */
  inputBytes: number
  /** Real bytes inflated from one container, whatever its directory declares. */
  inflatedBytes: number
  /** Members of one container. */
  zipEntries: number
  /** UTF-16 units of text taken from one file. */
  textCharacters: number
  /** Resident memory of the child process. */
  memoryMegabytes: number
  /** Time of one file, from handing it to a child until its last block, without the child's waiting for a processor. */
  timeoutMs: number
}

const MEGABYTE = 1024 * 1024

/**
 * The defaults. A book of 1,000 pages is about 3 MB of text, so the text bound
 * holds a small library; the memory bound leaves two children room beside the
 * database on a 2 GB machine.
 */
export const EXTRACT_LIMITS: ExtractLimits = {
  inputBytes: 50 * MEGABYTE,
  inflatedBytes: 50 * MEGABYTE,
  zipEntries: 10_000,
  textCharacters: 20_000_000,
  memoryMegabytes: 512,
  timeoutMs: 30_000,
}
