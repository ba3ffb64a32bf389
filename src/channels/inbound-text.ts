/**
 * A person's words as they may be kept: within `max` UTF-16 units, without NUL
 * and without half characters. PostgreSQL stores neither, and an Update that
 * cannot be stored would be delivered again and again.
 */
export function keepText(text: string, max: number): string {
  return text.slice(0, max).replaceAll('\0', '').toWellFormed()
}
