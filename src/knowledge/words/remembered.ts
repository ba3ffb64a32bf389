/**
 * A function of texts that keeps its latest results: the passages that answer one question answer the
 * next one, too. For pure functions alone; what they return is shared and must not be changed.
 *
 * @param entries results held, the least recently asked for going first.
 */
export function remembered<T>(read: (text: string) => T, entries: number): (text: string) => T {
  const held = new Map<string, { result: T }>()
  return (text) => {
    const known = held.get(text)
    const entry = known ?? { result: read(text) }
    if (known) held.delete(text)
    else if (held.size >= entries) held.delete(held.keys().next().value ?? '')
    held.set(text, entry)
    return entry.result
  }
}
