/** Pieces of words in WordPiece vocabularies begin with this when they do not begin a word. */
const CONTINUED = '##'

/** So many pieces of one letter each, and a word is spelled: its vocabulary has none like it. */
const SPELLED_PIECES = 3

const IS_LETTER = /\p{L}/u

/**
 * The share of a text's words, 0 to 1, that a model's vocabulary has pieces for: a word of an alphabet it was not made
 * for is unknown to it, or put together from single letters, and its vector says nothing. 1 without words.
 *
 * Of questions in nine languages, to the vocabulary of an English model: Thai .05, Arabic .22, Chinese .27, Russian
 * .30, Hindi .36; all that are written in Latin letters 1, as vocabularies without an unknown word are in any.
 *
 * @param pieces the text as the model's tokenizer cuts it.
 * @param unknown what the tokenizer writes for what it does not know.
 */
export function shareOfKnownWords(pieces: readonly string[], unknown: string | undefined): number {
  const words: string[][] = []
  for (const piece of pieces) {
    const last = words.at(-1)
    if (last && piece.startsWith(CONTINUED)) last.push(piece.slice(CONTINUED.length))
    else if (piece === unknown || IS_LETTER.test(piece)) words.push([piece])
  }
  const known = words.filter((word) => !(unknown !== undefined && word.includes(unknown)) && !isSpelled(word))
  return words.length === 0 ? 1 : known.length / words.length
}

function isSpelled(word: readonly string[]): boolean {
  return word.length >= SPELLED_PIECES && word.every((piece) => [...piece].length === 1)
}
