import { describe, expect, it } from 'vitest'
import { findDocumentDate, isNamedOutdated } from './date.ts'

const NOW = new Date('2026-11-21')
const find = (name: string, head = '', title = '') => findDocumentDate({ name, title, head }, NOW)

describe('findDocumentDate', () => {
  it.each([
    ['prices-2024.md', '2024-01-01'],
    ['group-call-2024-03-14.vtt', '2024-03-14'],
    ['2023_03 plan.pdf', '2023-03-01'],
    ['Plan März 2023.pdf', '2023-03-01'],
    ['sales-2023-2024.md', '2024-01-01'],
    ['room-12345678.md', undefined],
    ['2030-vision.md', undefined],
    ['notes.md', undefined],
  ])('reads the date in the name %s', (name, date) => {
    expect(find(name)).toBe(date)
  })

  it.each([
    ['Valid from 1 January 2024. This list replaces the one of 2023.', '2024-01-01'],
    ['Last updated: May 3, 2024', '2024-05-03'],
    ['---\ntitle: Rules\nlastmod: 2025-02-03\n---', '2025-02-03'],
    ['Stand: März 2024', '2024-03-01'],
    ['Preise, gültig ab 01.02.2025', '2025-02-01'],
    ['Fecha: 3 de mayo de 2024', '2024-05-03'],
    ['Обновлено: 5 марта 2024', '2024-03-05'],
    ['We met on 3 May 2024 and talked.', undefined],
    ['Updated: 2024-13-45', undefined],
  ])('reads a labelled date at the head: %s', (head, date) => {
    expect(find('notes.md', head)).toBe(date)
  })

  it('believes the text before the name', () => {
    expect(find('prices-2023.md', 'Updated: 2024-06-01')).toBe('2024-06-01')
  })

  it('ends at once on a text made to be looked through for long', () => {
    const started = performance.now()
    find('date '.repeat(60), 'valid from '.repeat(200), '2 '.repeat(500))

    expect(performance.now() - started).toBeLessThan(500)
  })
})

describe('isNamedOutdated', () => {
  it('knows names that say so, in words of their own', () => {
    expect(['prices-old.pdf', 'Preise (veraltet).md', 'archive/a.md'].every(isNamedOutdated)).toBe(true)
    expect(['gold.pdf', 'altitude.md', 'holding.md'].some(isNamedOutdated)).toBe(false)
  })
})
