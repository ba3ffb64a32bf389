/** The `bot.yaml` of a pack: a whole bot with as little as one may have. */
export function packedBot(slug: string): string {
  return `
slug: ${slug}
name: Walker
persona: Speak calmly.
languages: [en]
greeting: { en: Hello. }
no_answer: { en: Not in my material. }
safety_line: { en: Call for help. }
`
}
