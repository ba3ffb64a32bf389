const VOCABULARY = 8_000

/** Made-up words as rare as in a language: the rank of a word follows Zipf's law. */
export function sentence(random: () => number, length: number): string {
  return Array.from({ length }, () => word(random)).join(' ')
}

function word(random: () => number): string {
  const rank = Math.floor(VOCABULARY ** random())
  return `w${rank.toString(36)}`
}
