import { randomBytes } from 'node:crypto'
import { Secret, TOTP } from 'otpauth'
import { type Db, inTransaction } from '../db/database.ts'
import { AppError } from '../errors.ts'
import type { SealedColumn } from './key-rotation.ts'
import { hashToken } from './token.ts'
import type { Vault } from './vault.ts'

const PERIOD_SECONDS = 30

/** Steps a telephone's clock may be off, either way. */
const WINDOW = 1

const RECOVERY_CODES = 10

/** 80 bits: too many to try, also for whoever holds the hashes. */
const RECOVERY_BYTES = 10

/** Where the secrets lie, for the rotation of the vault's key. */
export const TOTP_SEAL: SealedColumn<'id'> = {
  table: 'member',
  column: 'totp_secret',
  boundTo: ['id'],
  contextOf: ({ id }) => `member/${id}/totp`,
}

export interface TwoStepSetup {
  /** What an authenticator app reads as a QR code. */
  uri: string
  /** The same for typing, in base32. */
  secret: string
}

/**
 * Begins to set up the second step: makes a new secret, which counts for nothing until a code proves that
 * the app has it. Asked again before that, it gives the same one.
 *
 * @throws {AppError} `two_step.already_on`
 */
export async function beginTwoStep(db: Db, vault: Vault, memberId: string): Promise<TwoStepSetup> {
  const member = await lockMember(db, memberId)
  if (member.totp_enabled_at) throw new AppError('two_step.already_on')
  const context = TOTP_SEAL.contextOf({ id: memberId })
  if (member.totp_secret)
    return presentSetup(createTotp(vault.open(member.totp_secret, context), member.email))
  const totp = createTotp(new Secret().base32, member.email)
  await db
    .updateTable('member')
    .set({ totp_secret: vault.seal(totp.secret.base32, context), totp_last_step: null })
    .where('id', '=', memberId)
    .execute()
  return presentSetup(totp)
}

/**
 * Turns the second step on, once a code proves that the app has the secret.
 *
 * @returns recovery codes, shown this once, each good for one sign-in; `undefined` when the code is wrong.
 */
export async function confirmTwoStep(
  db: Db,
  vault: Vault,
  { memberId, code, now = new Date() }: StepTry,
): Promise<string[] | undefined> {
  return inTransaction(db, async (trx) => {
    const member = await lockMember(trx, memberId)
    if (member.totp_enabled_at) throw new AppError('two_step.already_on')
    if (!(await takeStep(trx, vault, { member, code, now }))) return undefined
    await trx.updateTable('member').set({ totp_enabled_at: now }).where('id', '=', memberId).execute()
    return renewRecoveryCodes(trx, memberId)
  })
}

interface StepTry {
  memberId: string
  code: string
  now?: Date
}

/** True once for each code of the app, and once for each recovery code. */
export async function passTwoStep(
  db: Db,
  vault: Vault,
  { memberId, code, now = new Date() }: StepTry,
): Promise<boolean> {
  return inTransaction(db, async (trx) => {
    const member = await lockMember(trx, memberId)
    if (!member.totp_enabled_at) return false
    return (await takeStep(trx, vault, { member, code, now })) || useRecoveryCode(trx, memberId, code)
  })
}

/** Turns the second step off. Whoever calls this has asked for a code before. */
export async function endTwoStep(db: Db, memberId: string): Promise<void> {
  await inTransaction(db, async (trx) => {
    await trx
      .updateTable('member')
      .set({ totp_secret: null, totp_enabled_at: null, totp_last_step: null })
      .where('id', '=', memberId)
      .execute()
    await trx.deleteFrom('recovery_code').where('member_id', '=', memberId).execute()
  })
}

export async function countRecoveryCodes(db: Db, memberId: string): Promise<number> {
  const { count } = await db
    .selectFrom('recovery_code')
    .select((eb) => eb.fn.countAll<string>().as('count'))
    .where('member_id', '=', memberId)
    .executeTakeFirstOrThrow()
  return Number(count)
}

function lockMember(db: Db, memberId: string) {
  return db
    .selectFrom('member')
    .select(['id', 'email', 'totp_secret', 'totp_enabled_at', 'totp_last_step'])
    .where('id', '=', memberId)
    .forUpdate()
    .executeTakeFirstOrThrow(() => new AppError('member.not_found', { id: memberId }))
}

type LockedMember = Awaited<ReturnType<typeof lockMember>>

/** A code is good for its own half minute, a little around it, and never again. The row is locked. */
async function takeStep(
  trx: Db,
  vault: Vault,
  { member, code, now }: { member: LockedMember; code: string; now: Date },
): Promise<boolean> {
  const token = code.replaceAll(/\s/g, '')
  if (!member.totp_secret || !/^\d{6}$/.test(token)) return false
  const totp = createTotp(
    vault.open(member.totp_secret, TOTP_SEAL.contextOf({ id: member.id })),
    member.email,
  )
  const delta = totp.validate({ token, timestamp: now.getTime(), window: WINDOW })
  if (delta === null) return false
  const step = Math.floor(now.getTime() / 1000 / PERIOD_SECONDS) + delta
  if (member.totp_last_step !== null && step <= Number(member.totp_last_step)) return false
  await trx.updateTable('member').set({ totp_last_step: step }).where('id', '=', member.id).execute()
  return true
}

function createTotp(secret: string, email: string): TOTP {
  return new TOTP({
    issuer: 'Cornerman',
    label: email,
    period: PERIOD_SECONDS,
    secret: Secret.fromBase32(secret),
  })
}

function presentSetup(totp: TOTP): TwoStepSetup {
  return { uri: totp.toString(), secret: totp.secret.base32.match(/.{1,4}/g)?.join(' ') ?? '' }
}

/** Ten new ones; those from before no longer work. */
export async function renewRecoveryCodes(db: Db, memberId: string): Promise<string[]> {
  await db.deleteFrom('recovery_code').where('member_id', '=', memberId).execute()
  const codes = Array.from({ length: RECOVERY_CODES }, createRecoveryCode)
  await db
    .insertInto('recovery_code')
    .values(codes.map((code) => ({ member_id: memberId, code_hash: hashRecoveryCode(code) })))
    .execute()
  return codes
}

async function useRecoveryCode(db: Db, memberId: string, code: string): Promise<boolean> {
  const used = await db
    .deleteFrom('recovery_code')
    .where('member_id', '=', memberId)
    .where('code_hash', '=', hashRecoveryCode(code))
    .returning('member_id')
    .executeTakeFirst()
  return used !== undefined
}

/** Four groups of four letters, without those that are taken for one another. */
function createRecoveryCode(): string {
  const { base32 } = Secret.fromHex(randomBytes(RECOVERY_BYTES).toString('hex'))
  return base32.match(/.{4}/g)?.join('-') ?? base32
}

function hashRecoveryCode(code: string): Buffer {
  return hashToken(code.toUpperCase().replaceAll(/[^A-Z2-7]/g, ''))
}
