import { describe, expect, it } from 'vitest'
import { buildBotSettings } from '../../../testing/builders/bot.ts'
import { arrangeSettings, presentForm, readForm } from './form.ts'

const settings = buildBotSettings()
const silent = buildBotSettings({ memory: { facts: false } })
const NOW = new Date('2026-11-21T10:00:00Z')

describe('whether people are remembered, in the form', () => {
  it('shows what is set, and stays so when saved', () => {
    expect([presentForm(settings, NOW).memory, presentForm(silent, NOW).memory]).toEqual(['on', 'off'])
    expect(arrangeSettings(presentForm(silent, NOW), silent)).toMatchObject({ memory: { facts: false } })
    expect(arrangeSettings(presentForm(settings, NOW), settings)).not.toHaveProperty('memory')
  })

  it('is turned off and on, and left alone by a form that does not ask', () => {
    const send = (memory: string, before = silent) =>
      arrangeSettings({ ...presentForm(before, NOW), memory }, before)

    expect(send('off', settings)).toMatchObject({ memory: { facts: false } })
    expect(send('on')).not.toHaveProperty('memory')
    expect(send('')).toMatchObject({ memory: { facts: false } })
    expect(readForm({}).memory).toBe('')
  })
})
