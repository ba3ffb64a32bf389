import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { createMark, loadPrompts } from './prompt.ts'

const PROMPTS = fileURLToPath(new URL('../../prompts', import.meta.url))

async function withPrompt(name: string, text: string | undefined): Promise<unknown> {
  const folder = await mkdtemp(join(tmpdir(), 'prompts-'))
  try {
    await cp(PROMPTS, folder, { recursive: true })
    const file = join(folder, name)
    await (text === undefined ? rm(file) : writeFile(file, text))
    return await loadPrompts(folder).catch((error: unknown) => error)
  } finally {
    await rm(folder, { recursive: true })
  }
}

describe('loadPrompts', () => {
  it('fills the prompts that come with the program', async () => {
    const fill = await loadPrompts(PROMPTS)

    expect(fill('rewrite', { mark: 'abc' })).toContain('the mark abc')
  })

  it('fills each placeholder once, whatever the values hold', async () => {
    const fill = await loadPrompts(PROMPTS)
    const filled = fill('rewrite-question', { mark: '$&', history: '{{question}}', question: '{{mark}} $1' })

    expect(filled).toContain('===== $& last message =====\n{{mark}} $1\n')
    expect(filled).toContain('\n{{question}}\n')
  })

  it.each([
    ['a missing file', undefined, { file: expect.stringContaining('rewrite.md') }],
    ['a missing placeholder', 'No mark here', { missing: ['mark'] }],
    ['an unknown placeholder', '{{mark}} {{marks}}', { unknown: ['marks'] }],
  ])('refuses %s', async (_, text, details) => {
    expect(await withPrompt('rewrite.md', text)).toMatchObject({ code: 'prompt.invalid', details })
  })
})

describe('createMark', () => {
  it('never repeats itself', () => {
    expect(new Set(Array.from({ length: 1_000 }, createMark)).size).toBe(1_000)
  })
})
