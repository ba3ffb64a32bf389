import { PASSWORD, type PasswordFault } from '../../../accounts/password.ts'

const FAULTS: Record<PasswordFault, string> = {
  too_short: `Use at least ${PASSWORD.minLength} characters. A few words that only you put together are best.`,
  too_long: `Use at most ${PASSWORD.maxLength} characters.`,
  too_easy: 'This one is easily guessed. A few words that only you put together are best.',
}

/** What to do about a password that is not taken. */
export function presentPasswordFault(fault: PasswordFault): string {
  return FAULTS[fault]
}
