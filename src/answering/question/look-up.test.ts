import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { readPrompts } from '../../bots/prompt.ts'
import type { ModelChain } from '../../models/model.ts'
import { createLookUp } from './look-up.ts'

const prompts = await readPrompts(fileURLToPath(new URL('../../../prompts', import.meta.url)))
const key = { creatorId: 'c', knowledgeBaseId: 'k' }
const { signal } = new AbortController()

/** A chain that writes one line and keeps what it was shown. */
function chainThatSays(line: string | Error) {
  const shown: string[] = []
  const chain: ModelChain = {
    names: ['stand-in'],
    async *stream({ promptFor }) {
      const prompt = promptFor(8_000)
      shown.push(prompt.map(({ content }) => content).join('\n'))
      if (line instanceof Error) throw line
      yield { kind: 'text', text: line }
    },
  }
  return { chain, shown }
}

const lookUpWith = (languages: string[], chain?: ModelChain) =>
  createLookUp({ chain, prompts, listMaterialLanguages: async () => languages })

describe('createLookUp', () => {
  it('asks in the material’s language when none of it is in the question’s, with one call', async () => {
    const { chain, shown } = chainThatSays('When is the group call?')

    const query = await lookUpWith(['en'], chain)(
      key,
      { question: '¿A qué hora es la llamada de grupo de los jueves?' },
      signal,
    )

    expect(query).toEqual({ question: 'When is the group call?' })
    expect(shown).toHaveLength(1)
    expect(shown[0]).toContain('in English')
  })

  it('asks no model where the material has the question’s language', async () => {
    const { chain, shown } = chainThatSays('No.')
    const question = '¿A qué hora es la llamada de grupo de los jueves?'

    expect(await lookUpWith(['en', 'es'], chain)(key, { question }, signal)).toEqual({ question })
    expect(await lookUpWith([], chain)(key, { question }, signal)).toEqual({ question })
    expect(shown).toEqual([])
  })

  it('makes a whole question of a foreign follow-up in the same call', async () => {
    const { chain, shown } = chainThatSays('What do students pay for the group programme?')
    const history = [{ role: 'user' as const, text: '¿Cuánto cuesta el programa de grupo?' }]

    const query = await lookUpWith(['en'], chain)(key, { question: '¿Y para estudiantes?', history }, signal)

    expect(query).toEqual({ question: 'What do students pay for the group programme?' })
    expect(shown).toHaveLength(1)
    expect(shown[0]).toContain('¿Cuánto cuesta')
  })

  it('goes on with the words themselves without a model, or with one that fails', async () => {
    const history = [{ role: 'user' as const, text: 'How much is the group programme?' }]
    const asked = { question: 'And for students?', history }
    const carried = { question: 'And for students?', carried: 'How much is the group programme?' }

    expect(await lookUpWith(['en'])(key, asked, signal)).toEqual(carried)
    expect(await lookUpWith(['en'], chainThatSays(new Error('down')).chain)(key, asked, signal)).toEqual(
      carried,
    )
  })
})
