import { availableParallelism } from 'node:os'
import { hash, verify } from '@node-rs/argon2'
import { AppError } from '../errors.ts'
import { createLane } from '../lane.ts'

export const PASSWORD = {
  minLength: 10,
  /** Argon2 reads as much as it is given: a bound on what one try may cost. */
  maxLength: 200,
} as const

/** argon2id with 19 MiB and two passes, OWASP's first choice: about 27 ms of one core. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const

/** Hashes at a time, each a core for its while: at least one core is left to webhooks, where there are two. */
const MAX_AT_A_TIME = Math.min(2, Math.max(1, availableParallelism() - 1))

/** Waiting longer than a second or two helps no one: whoever comes later is asked to try again. */
const MAX_WAITING = 60

/** Hashes and checks passwords, few at a time. One of these per process. */
export interface Passwords {
  /** In PHC form. @throws {AppError} `password.busy` when too many wait. */
  hash(password: string): Promise<string>
  /**
   * Takes the time of a check also where there is no hash to check against, so that the time does not tell
   * whether an account exists. @throws {AppError} `password.busy`.
   */
  matches(password: string, hashed: string | null | undefined): Promise<boolean>
}

export function createPasswords(): Passwords {
  const inTurn = createTurns(MAX_AT_A_TIME, MAX_WAITING)
  let decoy: Promise<string> | undefined
  return {
    hash: (password) => inTurn(() => hash(normalise(password), COST)),
    matches: (password, hashed) =>
      inTurn(async () => {
        decoy ??= hash('no one has this password', COST)
        const isRight = await verify(hashed ?? (await decoy), normalise(password))
        return isRight && hashed != null
      }),
  }
}

/** The same letters typed on another keyboard are the same password. */
function normalise(password: string): string {
  return password.normalize('NFKC')
}

function createTurns(atATime: number, maxWaiting: number) {
  const lane = createLane(atATime)
  return async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (lane.countWaiting() >= maxWaiting) throw new AppError('password.busy', { retryAfterSeconds: 5 })
    return lane.pass(work)
  }
}

export type PasswordFault = 'too_short' | 'too_long' | 'too_easy'

/** What is wrong with a new password; `undefined` when nothing is. `about` holds what others know of the person. */
export function findPasswordFault(password: string, about: readonly string[]): PasswordFault | undefined {
  const length = [...password].length
  if (length < PASSWORD.minLength) return 'too_short'
  if (length > PASSWORD.maxLength) return 'too_long'
  return isEasy(password, about) ? 'too_easy' : undefined
}

/** Rows of keyboards and counting, which half the world's first guesses are made of. */
const RUNS = [
  '01234567890123456789',
  'abcdefghijklmnopqrstuvwxyz',
  'qwertyuiopasdfghjklzxcvbnm',
  'qwertzuiop',
]

const COMMON_WORDS = [
  'password',
  'passwort',
  'letmein',
  'welcome',
  'iloveyou',
  'cornerman',
  'qwerty',
  'admin',
]

function isEasy(password: string, about: readonly string[]): boolean {
  const plain = password.toLowerCase()
  if (new Set(plain).size < 5) return true
  // One short piece over and over: abcabcabcabc.
  if (/^(.{1,5})\1+$/su.test(plain)) return true
  const backwards = [...plain].reverse().join('')
  if (RUNS.some((run) => run.includes(plain) || run.includes(backwards))) return true
  const known = about.flatMap((text) => [text, text.split('@')[0] ?? '']).map((text) => text.toLowerCase())
  if (known.some((text) => text.length > 0 && text === plain)) return true
  // A known word, and little more than digits and marks around it.
  const letters = plain.replaceAll(/[^\p{L}]/gu, '')
  return COMMON_WORDS.some((word) => letters === word || letters === word.repeat(2))
}
