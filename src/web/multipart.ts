import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import busboy from 'busboy'
import type { Request } from 'express'
import { AppError } from '../errors.ts'

export interface MultipartBounds {
  files: number
  /** Of one file; what comes after it is dropped, and one byte more tells that there was more. */
  fileBytes: number
}

export interface FilePart {
  field: string
  /** As the sender says; anything. */
  fileName: string
  source: Readable
}

export interface MultipartTaker {
  /** Called in the order of the body. What it throws ends the reading. */
  onField(name: string, value: string): void
  /** Called in the order of the body, one at a time. What of `source` it leaves is dropped. */
  onFile(part: FilePart): Promise<void>
}

/** Fields a form may have besides its files: its token, and a path for each file. */
const SPARE_FIELDS = 20
const FIELD_BYTES = 4_096
const FIELD_NAME_BYTES = 100

/**
 * Reads a multipart form as it arrives: nothing of a file is held beyond what its taker has not read yet.
 *
 * Resolves when every file has been taken. When it fails, the takers have ended, too, and the rest of the body is
 * read off unseen, so that the answer reaches the sender.
 *
 * @returns whether there were more files than `bounds.files`, which were dropped.
 * @throws {AppError} `request.malformed`, or what a taker throws.
 */
export async function readMultipart(
  req: Request,
  bounds: MultipartBounds,
  taker: MultipartTaker,
): Promise<{ hasMoreFiles: boolean }> {
  const parser = openParser(req, bounds)
  let failure: unknown
  let taken = Promise.resolve()
  let hasMoreFiles = false
  const fail = (error: unknown) => {
    failure ??= error
    parser.destroy()
  }
  const cut = () => {
    if (!req.complete) fail(new AppError('request.malformed'))
  }
  parser.on('error', (cause) => fail(new AppError('request.malformed', { cause })))
  parser.on('filesLimit', () => {
    hasMoreFiles = true
  })
  parser.on('field', (name, value) => {
    try {
      if (!failure) taker.onField(name, value)
    } catch (error) {
      fail(error)
    }
  })
  parser.on('file', (field, stream, { filename }) => {
    // It may break before its turn; its taker hears of it then.
    stream.on('error', () => {})
    const part = { field, fileName: filename ?? '', source: borrow(stream) }
    const take = () => (failure ? undefined : taker.onFile(part))
    taken = taken
      .then(take)
      .catch(fail)
      .finally(() => stream.resume())
  })
  req.once('close', cut)
  // What went wrong is in `failure`.
  await finished(req.pipe(parser)).catch(() => {})
  await taken
  req.off('close', cut)
  req.unpipe(parser)
  req.resume()
  if (failure) throw failure
  return { hasMoreFiles }
}

function openParser(req: Request, { files, fileBytes }: MultipartBounds) {
  if (!req.is('multipart/form-data')) throw new AppError('request.malformed')
  try {
    return busboy({
      headers: req.headers,
      // Browsers send names in UTF-8, and the folders of a chosen folder in them.
      defParamCharset: 'utf8',
      preservePath: true,
      limits: {
        files,
        fileSize: fileBytes + 1,
        fields: files + SPARE_FIELDS,
        parts: files * 2 + SPARE_FIELDS + 1,
        fieldSize: FIELD_BYTES,
        fieldNameSize: FIELD_NAME_BYTES,
      },
    })
  } catch (cause) {
    throw new AppError('request.malformed', { cause })
  }
}

/**
 * Reads of a stream without taking it over: a reader that stops early leaves it alive. A destroyed file would
 * hold up the rest of its form, a destroyed request its own answer.
 */
export function borrow(stream: Readable): Readable {
  return Readable.from(stream.iterator({ destroyOnReturn: false }), { objectMode: false })
}
