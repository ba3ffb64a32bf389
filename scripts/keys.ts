/** `npm run keys -- rotate | check`: the keys that encrypt credentials, changed while the service runs. */
import { setTimeout as passTime } from 'node:timers/promises'
import {
  addEncryptionKey,
  dropOldEncryptionKeys,
  openEncryptionKeys,
} from '../src/accounts/encryption-key.ts'
import { checkColumn, resealColumn, type SealedColumn } from '../src/accounts/key-rotation.ts'
import { TOTP_SEAL } from '../src/accounts/two-step.ts'
import { createVault, type Vault } from '../src/accounts/vault.ts'
import { HOOK_SEAL } from '../src/billing/fulfilment/hook.ts'
import { SHIPPING_SEAL } from '../src/billing/orders/shipping.ts'
import { AppError } from '../src/errors.ts'
import type { Installation } from '../src/installation.ts'
import { MAIL_SEAL } from '../src/mail/mail-queue.ts'
import { CONNECTION_SEAL } from '../src/messaging/connection.ts'
import { openCommand, readOption, refuseUsage } from './command.ts'

const USAGE = `npm run keys -- rotate | check [--json]

Without ENCRYPTION_KEY: rotate makes a new key in DATA_DIR, seals everything under it and drops the old one.
With ENCRYPTION_KEY: put the new key behind the old one (OLD,NEW) and restart every process; then before it
(NEW,OLD) and restart; run rotate; then leave the old one out and restart.`

/** Whoever sealed with the old key just before the new one stood in the file has stored it by then. */
const STRAGGLERS_MS = 2_000

const SEALED: SealedColumn[] = [CONNECTION_SEAL, TOTP_SEAL, MAIL_SEAL, SHIPPING_SEAL, HOOK_SEAL]

const args = process.argv.slice(2)
const [action] = args
const isJson = readOption(args, 'json') !== undefined
if (action !== 'rotate' && action !== 'check') refuseUsage(USAGE)

await openCommand(async (installation) => {
  const figures =
    action === 'rotate' ? await rotate(installation) : { ...(await checkFirstKey(installation)) }
  console.log(isJson ? JSON.stringify(figures) : describe(figures))
})

async function rotate({ db, vault, config, log }: Installation) {
  if (!config.encryptionKey) await addEncryptionKey(config.dataDir)
  let resealed = await resealAll({ db, vault })
  await passTime(STRAGGLERS_MS)
  resealed += await resealAll({ db, vault })
  const { opened } = await checkFirstKey({ db, config, log })
  if (!config.encryptionKey) await dropOldEncryptionKeys(config.dataDir)
  return { resealed, opened }
}

async function resealAll({ db, vault }: { db: Installation['db']; vault: Vault }): Promise<number> {
  let resealed = 0
  for (const column of SEALED) resealed += (await resealColumn(db, vault, column)).resealed
  return resealed
}

/** @throws {AppError} `vault.unreadable` with the first rows that the first key alone does not open. */
async function checkFirstKey({ db, config, log }: Pick<Installation, 'db' | 'config' | 'log'>) {
  const keys = await openEncryptionKeys(config, log)
  const firstKey = keys().split(/[\s,]+/)[0] ?? ''
  const vault = createVault(firstKey)
  let opened = 0
  for (const column of SEALED) {
    const count = await checkColumn(db, vault, column)
    opened += count.opened
    if (count.unreadable.length > 0) {
      const { table } = column
      throw new AppError('vault.unreadable', {
        table,
        count: count.unreadable.length,
        ids: count.unreadable.slice(0, 5),
      })
    }
  }
  return { opened }
}

function describe({ resealed, opened }: { resealed?: number; opened: number }): string {
  const done = resealed === undefined ? '' : `${resealed} credentials sealed anew. `
  return `${done}The key in use opens all ${opened}.`
}
