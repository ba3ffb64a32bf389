import { AppError } from '../../errors.ts'

/** Of the whole name; with its longest letters it still fits an index row and a line of a list. */
const MAX_NAME_BYTES = 400
/** Of a folder or file: what every file system takes, so that a pack of it can be written anywhere. */
const MAX_STEP_BYTES = 200
/** Folders above a file. Deeper ones are no one's order any more. */
const MAX_FOLDERS = 8

/** Control characters, line and paragraph separators, what turns the direction of text, and what cannot be seen. */
const UNSEEN = /[\p{Cc}\u200b\u200e\u200f\u061c\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/gu
const DRIVE = /^[a-z]:$/i

/**
 * What an uploaded file is called in its base: `folder/file`, whatever the sender's system and intention.
 * Nothing of it climbs, starts at a root, hides or breaks a line.
 *
 * @throws {AppError} `document.name_invalid` when nothing is left, or more than a name may have.
 */
export function readDocumentName(given: string): string {
  const steps = given
    .slice(0, MAX_NAME_BYTES * 4)
    .toWellFormed()
    .normalize('NFC')
    .split(/[\\/]/)
    .map(cleanStep)
    .filter((step) => step !== '' && !DRIVE.test(step))
  const name = steps.join('/')
  const isTooLong =
    steps.length > MAX_FOLDERS + 1 ||
    Buffer.byteLength(name) > MAX_NAME_BYTES ||
    steps.some((step) => Buffer.byteLength(step) > MAX_STEP_BYTES)
  if (name === '' || isTooLong) {
    throw new AppError('document.name_invalid', { limitBytes: MAX_NAME_BYTES, limitFolders: MAX_FOLDERS })
  }
  return name
}

/** A leading dot hides a file and two of them climb; a trailing one is lost on some systems. */
function cleanStep(step: string): string {
  return step
    .replace(UNSEEN, '')
    .replace(/\s+/g, ' ')
    .replace(/^[\s.]+|[\s.]+$/g, '')
}

/** What a refused or downloaded file is called where no name is made of it: one short line. */
export function presentFileName(given: string): string {
  const [last = ''] = given.toWellFormed().split(/[\\/]/).map(cleanStep).filter(Boolean).slice(-1)
  return [...last].slice(0, 80).join('') || 'file'
}
