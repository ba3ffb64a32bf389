import { describe, expect, it } from 'vitest'
import { removeForeignLinks } from './links.ts'

const SOURCE =
  'The plan: https://coach.example/plan?week=2. Write to mailto:nell@coach.example or see www.coach.example/faq'

describe('removeForeignLinks', () => {
  it.each([
    'See https://coach.example/plan?week=2.',
    'See [the plan](https://coach.example/plan?week=2).',
    'See www.coach.example/faq for more.',
    'Take 1.5 litres, e.g. water; at 16:00 [1]. Then rest.',
  ])('leaves %s as it is', (markdown) => {
    expect(removeForeignLinks(markdown, [SOURCE])).toBe(markdown)
  })

  it.each([
    ['a picture', 'Look ![chart](https://evil.test/x.png?d=canary) here', 'Look chart here'],
    ['a picture from the source', 'Look ![chart](https://coach.example/plan?week=2) here', 'Look chart here'],
    ['a link', 'Open [this](https://evil.test/?d=canary).', 'Open this.'],
    [
      'a title',
      '[plan](https://coach.example/plan?week=2 "canary")',
      '[plan](https://coach.example/plan?week=2)',
    ],
    ['a known address with more behind it', 'At https://coach.example/plan?week=2&d=canary.', 'At.'],
    ['a known host with another path', 'At https://coach.example/canary now', 'At now'],
    ['a bare domain', 'Go to canary.evil.com now', 'Go to now'],
    ['a domain with a path', 'Go to evil.test/canary now', 'Go to now'],
    ['an address in angle brackets', 'Go <https://evil.test/canary> now', 'Go now'],
    ['a reference', 'Open [this][a].\n\n[a]: https://evil.test/canary', 'Open [this][a].'],
    ['a script address', 'Open [this](javascript:canary).', 'Open this.'],
    ['an HTML picture', 'Look <img src="https://evil.test/canary"> here', 'Look here'],
  ])('takes out %s', (_, markdown, expected) => {
    expect(removeForeignLinks(markdown, [SOURCE]).replace(/ {2,}/g, ' ').trim()).toBe(expected)
  })
})
