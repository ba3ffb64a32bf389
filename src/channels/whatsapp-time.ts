/** The last second a date can be written in with four digits of year. */
const LAST_SECOND = 253_402_300_799

/** WhatsApp's time, seconds in a string, as ISO; the given moment when it cannot be read. */
export function readTime(seconds: string | undefined, now: () => Date): string {
  const value = Number(seconds)
  const isReadable = seconds !== undefined && Number.isInteger(value) && value > 0 && value <= LAST_SECOND
  return (isReadable ? new Date(value * 1_000) : now()).toISOString()
}
