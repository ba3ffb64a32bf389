/** Beginnings that turn a word into its opposite, with how long what follows must be to be a word of its own. */
const TURNING: ReadonlyArray<readonly [prefix: string, letters: number]> = [
  ['un', 4],
  ['non', 5],
  ['in', 6],
  ['im', 6],
  ['ir', 6],
  ['il', 5],
  ['dis', 6],
  ['des', 6],
  ['не', 5],
  ['без', 5],
  ['غير', 3],
]

/** True for "known" and "unknown", "active" and "inactive", also where one of them has another ending. */
export function isTurned(one: string, other: string, isAlike: (a: string, b: string) => boolean): boolean {
  const turns = (long: string, base: string) =>
    TURNING.some(
      ([prefix, letters]) =>
        long.startsWith(prefix) &&
        long.length >= prefix.length + letters &&
        isAlike(long.slice(prefix.length), base),
    )
  return turns(one, other) || turns(other, one)
}
