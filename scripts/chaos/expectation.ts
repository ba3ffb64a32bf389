/** The line that answers /sources, the same each time. */
export const SOURCES_ANSWER = 'Lockers'

/**
 * A chat's answers leave one behind the other, so a repeat stands right behind its first arrival; anything
 * else that is not the next expected one came out of order.
 */
export function countChat(expected: string[], arrivals: string[]) {
  let next = 0
  let repeated = 0
  let outOfOrder = 0
  for (const text of arrivals) {
    const wanted = expected[next]
    const last = expected[next - 1]
    if (wanted !== undefined && holds(text, wanted)) next++
    else if (last !== undefined && holds(text, last)) repeated++
    else outOfOrder++
  }
  return { sent: expected.length, lost: expected.length - next, repeated, outOfOrder }
}

function holds(text: string, word: string): boolean {
  return word === SOURCES_ANSWER ? text.includes(word) && !text.includes('amber') : text.includes(word)
}
