import { describe, expect, it } from 'vitest'
import { readNextPath } from './next-path.ts'

describe('readNextPath', () => {
  it.each(['/admin', '/admin/bots/1/chats?q=a%20b&x=1', '/admin?done=saved'])('keeps %s', (path) => {
    expect(readNextPath(path)).toBe(path)
  })

  it.each([
    'https://evil.example/admin',
    '//evil.example/admin',
    '/\\evil.example',
    '\\\\evil.example\\admin',
    '/admin\\..\\..\\evil',
    'javascript:alert(1)',
    'data:text/html,x',
    '/adminevil.example',
    '/admin@evil.example',
    '/admin/..//evil.example',
    '/admin/../../evil',
    '/admin/%2e%2e/evil',
    '/admin//evil.example',
    '/admin\r\nSet-Cookie: a=b',
    '/admin\t/x',
    ' /admin',
    '/try/habit-coach',
    `/admin/${'x'.repeat(600)}`,
    '',
    undefined,
    ['/admin/x'],
  ])('leads home instead of to %s', (path) => {
    expect(readNextPath(path)).toBe('/admin')
  })
})
