import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readConfig } from './config.ts'
import { isAppError } from './errors.ts'
import { presentEnvExample, SETTINGS } from './settings.ts'

describe('readConfig', () => {
  it('needs no variable at all', () => {
    const config = readConfig({})

    expect(config.port).toBe(3000)
    expect(config.roles).toEqual(['web', 'worker', 'scheduler'])
    expect(config.databaseUrl).toBeUndefined()
    expect(config.publicUrl).toBe('http://localhost:3000')
  })

  it.each([
    ['PORT', '70000'],
    ['PORT', 'http'],
    ['ROLES', 'web,cook'],
    ['DATABASE_URL', 'mysql://localhost/x'],
    ['CHROMA_URL', 'localhost:8000'],
    ['LOG_LEVEL', 'loud'],
    ['TURN_CONCURRENCY', '0'],
    ['WHATSAPP_API_VERSION', '26'],
  ])('names %s and what it wants when it is %s', (name, value) => {
    const refuse = () => readConfig({ [name]: value })

    expect(refuse).toThrow(expect.objectContaining({ code: 'config.invalid' }))
    try {
      refuse()
    } catch (error) {
      if (!isAppError(error, 'config.invalid')) throw error
      expect(error.details).toMatchObject({
        variable: name,
        wants: SETTINGS[name as keyof typeof SETTINGS].wants,
      })
    }
  })

  it('takes an empty value for the default, as `NAME=` in a .env file means', () => {
    expect(readConfig({ PORT: '', MODEL_EMBED: '' })).toMatchObject({
      port: 3000,
      models: { embed: 'local:Xenova/all-MiniLM-L6-v2' },
    })
  })

  it('cannot be changed afterwards', () => {
    expect(Object.isFrozen(readConfig({}))).toBe(true)
  })
})

describe('.env.example', () => {
  it('lists exactly the variables that are read, with their defaults', () => {
    expect(readFileSync('.env.example', 'utf8')).toBe(presentEnvExample())
  })
})
