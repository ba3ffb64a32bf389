import { randomBytes, randomUUID } from 'node:crypto'
import { chown, mkdir, readFile, readlink, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { AppError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import { findBinaries, sharedPath } from './postgres-binaries.ts'
import { type ClusterFiles, runInitdb, runStatements } from './postgres-tools.ts'
import { admit, canReach, chooseAccount, type ServerAccount } from './server-account.ts'

/** Cornerman's role and database. The role is no superuser, so row-level security binds it. */
export const ROLE = 'cornerman'

/** Nobody gets in but the role, from this machine, with its password. */
const HOST_BASED_ACCESS = `host all ${ROLE} 127.0.0.1/32 scram-sha-256\n`

/** A PostgreSQL data directory with everything needed to run a server on it and to get in. */
export type Cluster = ClusterFiles & {
  /** Of {@link ROLE}. */
  password: string
}

/**
 * Finds the cluster of a DATA_DIR, making it on the first start. It stands in
 * `DATA_DIR/postgres`; when we are root and PostgreSQL's account cannot be
 * let into DATA_DIR, that is a link to a directory it can enter, and the log says so.
 *
 * A start killed half-way leaves no half-made cluster: it is built beside and
 * moved into place whole, and its password is written last.
 *
 * @throws {AppError} `embedded.unavailable` with the tool's output if it cannot be made.
 */
export async function findCluster({
  dataDir,
  log,
  isScratch,
}: {
  dataDir: string
  log: Logger
  isScratch: boolean
}): Promise<Cluster> {
  const home = join(dataDir, 'postgres')
  const passwordPath = join(dataDir, 'postgres-password')
  const account = await chooseAccount(home)
  await admit(account, dataDir)
  const binaries = await findBinaries(account)
  const known = (await readFile(passwordPath, 'utf8').catch(() => undefined))?.trim()
  const existing = await findDirectory(home)

  const password = known ?? randomBytes(32).toString('base64url')
  const directory = existing ?? (await choosePlace(home, account, log))
  const cluster = { directory, binaries, account, isScratch, password }
  if (!existing) await makeCluster(cluster, home)
  else if (!known) await runStatements(cluster, [`ALTER ROLE ${ROLE} PASSWORD '${password}'`])
  if (!known) await writeFile(passwordPath, `${password}\n`, { mode: 0o600 })
  return cluster
}

/** The real path of `home`, undefined before the first start. A link that leads nowhere is lost data, not a first start. */
async function findDirectory(home: string): Promise<string | undefined> {
  const target = await readlink(home).catch(() => undefined)
  try {
    return await realpath(home)
  } catch (cause) {
    if (target === undefined) return undefined
    const reason = `${home} leads to ${target}, which is gone. Bring it back, or remove the link to start empty.`
    throw new AppError('embedded.unavailable', { part: 'postgres', reason, cause })
  }
}

/** `home` if the account can get there, else a directory made for this cluster alone. */
async function choosePlace(home: string, account: ServerAccount, log: Logger): Promise<string> {
  const parent = await realpath(dirname(home))
  if (canReach(account, parent)) return join(parent, basename(home))
  const place = await sharedPath(randomUUID())
  log.warn({ dataDir: parent, directory: place }, 'postgres-placed-outside')
  return place
}

/** Builds the cluster beside its directory, moves it there, and lets `home` lead to it. */
async function makeCluster({ directory, ...cluster }: Cluster, home: string): Promise<void> {
  const staging = { ...cluster, directory: `${directory}.new` }
  // The initdb of a start that was just killed may still be at work there; it ends within seconds.
  await rm(staging.directory, { recursive: true, force: true, maxRetries: 30, retryDelay: 100 })
  await mkdir(staging.directory, { mode: 0o700 })
  if (cluster.account) await chown(staging.directory, cluster.account.uid, cluster.account.gid)
  await runInitdb(staging)
  await writeFile(join(staging.directory, 'pg_hba.conf'), HOST_BASED_ACCESS)
  await runStatements(staging, [
    `CREATE ROLE ${ROLE} LOGIN CREATEDB PASSWORD '${cluster.password}'`,
    `CREATE DATABASE ${ROLE} OWNER ${ROLE}`,
  ])
  await rename(staging.directory, directory)
  const isElsewhere = dirname(directory) !== (await realpath(dirname(home)))
  if (isElsewhere) await symlink(directory, home)
}
