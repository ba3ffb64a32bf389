/**
 * Remembers for a moment what was read by key, so that a flood of the same question costs the database one.
 * What is not there (`undefined`) is remembered too. Failures are not.
 *
 * @param forMs how stale an answer may be.
 * @param entries keys held at a time; past that everything is forgotten at once.
 */
export function createRecent<T>(
  load: (key: string) => Promise<T>,
  { forMs, entries }: { forMs: number; entries: number },
): { get(key: string): Promise<T>; clear(): void } {
  const held = new Map<string, { value: Promise<T>; until: number }>()
  return {
    get(key) {
      const known = held.get(key)
      if (known && known.until > performance.now()) return known.value
      if (held.size >= entries) held.clear()
      const value = load(key)
      held.set(key, { value, until: performance.now() + forMs })
      value.catch(() => held.delete(key))
      return value
    },
    clear: () => held.clear(),
  }
}
