const UNSPACED = String.raw`[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]`
const HOLDS_UNSPACED = new RegExp(UNSPACED, 'v')
const SPACED = String.raw`[[\p{L}\p{N}]--${UNSPACED}]`
const SEAM = new RegExp(`(?<=${UNSPACED})(?=${SPACED})|(?<=${SPACED})(?=${UNSPACED})`, 'gv')

/** With spaces where Chinese, Japanese or Thai meets letters and digits: "率是5.3%" holds the number 5.3. */
export function partScripts(text: string): string {
  // Nearly every text has none of them; this is known faster than where they meet others.
  return HOLDS_UNSPACED.test(text) ? text.replace(SEAM, ' ') : text
}
