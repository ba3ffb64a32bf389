import type { Readable } from 'node:stream'

/** What was written: `key` finds it again. */
export interface StoredFile {
  key: string
  sizeBytes: number
  /** Hex. */
  sha256: string
}

/**
 * Uploaded files. Keys are `<creatorId>/<sha256>`, made here and never by a caller, so that no path
 * can be injected and one Creator's file is never another's.
 */
export interface FileStore {
  /**
   * Streams a file in.
   * @throws {AppError} `document.too_large` past `maxBytes`, `file.not_stored` when there is no room or no right to
   *   write; and whatever the source fails with. Nothing is kept then.
   */
  write(creatorId: string, source: Readable, options: { maxBytes: number }): Promise<StoredFile>
  /** A local path to read the file at; on a remote store it is a temporary copy, removed on dispose. */
  openLocal(key: string): Promise<AsyncDisposable & { path: string }>
  remove(key: string): Promise<void>
  /** The keys of all files that were written last at least so long ago. */
  listOlderThan(ageMs: number): AsyncIterable<string>
}
