import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { AppError, ERRORS } from './errors.ts'

const sources = ['src', 'scripts']
  .flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
  )
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && file !== join('src', 'errors.ts'))
  .map((file) => readFileSync(file, 'utf8'))
  .join('\n')

describe('the catalogue of errors', () => {
  it.each(Object.keys(ERRORS))('%s is used somewhere', (code) => {
    expect(sources).toContain(`'${code}'`)
  })

  it.each(Object.entries(ERRORS))('%s says what happened in whole sentences', (code, { message, status }) => {
    expect(code).toMatch(/^[a-z_]+\.[a-z_]+$/)
    expect(message).toMatch(/^[A-Z].*[.!)]$/s)
    expect(status).toBeGreaterThanOrEqual(400)
  })

  it('keeps the cause and the details beside the code', () => {
    const cause = new Error('socket closed')
    const error = new AppError('channel.unreachable', { cause, partId: 'p1' })

    expect(error).toMatchObject({
      code: 'channel.unreachable',
      status: 503,
      retryable: true,
      cause,
      details: { partId: 'p1' },
    })
  })
})
