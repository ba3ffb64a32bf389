import { spawnSync } from 'node:child_process'
import { chmod, chown, readFile, stat } from 'node:fs/promises'
import { AppError } from '../errors.ts'

/** The system account a server runs as; undefined for our own. */
export type ServerAccount = { uid: number; gid: number } | undefined

/** Accounts to borrow, in this order; the second is on every Linux and macOS. None is ever created. */
const BORROWED = ['postgres', 'nobody']

/**
 * Chooses the account PostgreSQL runs as: our own, unless we are root, which
 * PostgreSQL refuses. Then the owner of the existing cluster at `directory`,
 * or an unprivileged account of this system.
 *
 * @throws {AppError} `embedded.unavailable` if the system has none.
 */
export async function chooseAccount(directory: string): Promise<ServerAccount> {
  if (process.getuid?.() !== 0) return undefined
  const owner = await stat(directory).catch(() => undefined)
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid }
  const accounts = parseAccounts(await readFile('/etc/passwd', 'utf8').catch(() => ''))
  const account = BORROWED.map((name) => accounts.get(name)).find((it) => it !== undefined)
  if (account) return account
  throw new AppError('embedded.unavailable', {
    part: 'postgres',
    reason: 'PostgreSQL does not run as root, and there is no account `postgres` or `nobody` to run it as.',
  })
}

/**
 * True when the account may enter the directory or run the file at `path`.
 * The system is asked, in the account's place: that counts every directory
 * above and every access list.
 */
export function canReach(account: ServerAccount, path: string): boolean {
  return (
    spawnSync('/bin/sh', ['-c', 'test -x "$1"', 'sh', path], { ...account, cwd: '/', env: {} }).status === 0
  )
}

/**
 * Lets root's borrowed account pass through a directory of ours that was closed
 * to all: through its group, without letting it look inside.
 */
export async function admit(account: ServerAccount, directory: string): Promise<void> {
  const { uid, mode } = await stat(directory)
  if (account === undefined || uid !== 0 || (mode & 0o077) !== 0) return
  await chown(directory, uid, account.gid)
  await chmod(directory, 0o710)
}

function parseAccounts(passwd: string): Map<string, { uid: number; gid: number }> {
  const rows = passwd.split('\n').map((row) => row.split(':'))
  return new Map(
    rows.flatMap(([name, , uid, gid]) =>
      name && Number(uid) > 0 ? [[name, { uid: Number(uid), gid: Number(gid) }]] : [],
    ),
  )
}
