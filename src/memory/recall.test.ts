import { describe, expect, it } from 'vitest'
import type { Fact } from './facts.ts'
import { presentAge, recall } from './recall.ts'
import { chooseWindow, isOverflowing, LONGEST_WINDOW, SUMMARISE_EVERY, WINDOW_MESSAGES } from './window.ts'

const NOW = new Date('2026-11-21T10:00:00Z')
const daysAgo = (days: number) => new Date(NOW.getTime() - days * 86_400_000)

const FACTS: Fact[] = [
  { id: 'walk', kind: 'promise', text: 'I will walk 20 minutes every morning', saidAt: daysAgo(21) },
  { id: 'sleep', kind: 'breakthrough', text: 'I finally slept through', saidAt: daysAgo(2) },
  { id: 'nuts', kind: 'constraint', text: "I'm allergic to nuts", saidAt: daysAgo(40) },
  { id: 'goal', kind: 'goal', text: 'My goal is to run 5 km', saidAt: daysAgo(100) },
  { id: 'name', kind: 'name', text: 'Anna', saidAt: daysAgo(100) },
]
const recallFor = (question: string) => recall(FACTS, { question, now: NOW })

describe('recall', () => {
  it.each([
    ['How does a morning routine begin?', true, 'a promise about mornings'],
    ['What can I eat for breakfast?', true, 'asked in the first person, with something that limits them'],
    ['How does Anna get fit?', true, 'their name'],
    ['How does caffeine work?', false, 'nothing of theirs'],
    ['Who wrote the book?', false, 'nothing of theirs'],
  ])('%j has to do with it: %s (%s)', (question, isRelevant) => {
    expect(recallFor(question).isRelevant).toBe(isRelevant)
  })

  it('gives what holds always, and episodes only where they fit', () => {
    expect(recallFor('How does caffeine work?').ids).toEqual(['name', 'nuts', 'goal'])
    expect(recallFor('How does a morning routine begin?').ids).toEqual(['name', 'walk', 'nuts', 'goal'])
  })

  it('says when it was said, in the person’s words', () => {
    expect(recallFor('Is a morning walk good?').lines).toEqual([
      '- name: "Anna"',
      '- promise, 3 weeks ago: "I will walk 20 minutes every morning"',
      '- constraint, 5 weeks ago: "I\'m allergic to nuts"',
      '- goal, 3 months ago: "My goal is to run 5 km"',
    ])
  })

  it.each([
    [0, 'today'],
    [1, 'yesterday'],
    [13, '13 days ago'],
    [400, '13 months ago'],
    [800, '2 years ago'],
  ])('%i days are %j', (days, words) => {
    expect(presentAge(daysAgo(days), NOW)).toBe(words)
  })
})

describe('the window of a conversation', () => {
  const past = (count: number) => Array.from({ length: count }, (_, at) => ({ position: String(at + 1) }))

  it('is the last lines where nothing is summed up', () => {
    const window = chooseWindow(past(LONGEST_WINDOW), { coveredPosition: 0n, isSummarising: false })

    expect(window).toHaveLength(WINDOW_MESSAGES)
    expect(window.at(-1)).toEqual({ position: String(LONGEST_WINDOW) })
  })

  it('has no hole between what the summary tells of and the last lines', () => {
    const window = chooseWindow(past(20), { coveredPosition: 9n, isSummarising: true })

    expect(window[0]).toEqual({ position: '10' })
    expect(chooseWindow(past(20), { coveredPosition: 18n, isSummarising: true })).toHaveLength(
      WINDOW_MESSAGES,
    )
  })

  it('overflows when the summary is to take in so many lines', () => {
    const due = WINDOW_MESSAGES + SUMMARISE_EVERY - 2

    expect([isOverflowing(past(due - 1)), isOverflowing(past(due))]).toEqual([false, true])
  })
})
