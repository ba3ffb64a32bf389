import { detectLanguage } from '../../bots/language.ts'
import { fillFrom, type PromptTexts } from '../../bots/prompt.ts'
import type { BaseKey } from '../../knowledge/knowledge-base.ts'
import type { ListMaterialLanguages } from '../../knowledge/material-languages.ts'
import type { RetrievalQuery } from '../../knowledge/passage.ts'
import type { ModelChain } from '../../models/model.ts'
import type { PastLine } from '../writing/prompt.ts'
import { type Rewritten, rewriteFollowUp } from './follow-up.ts'

/** The main language of a base, when none of its material is in the question's. */
export async function findForeignMaterial(
  list: ListMaterialLanguages | undefined,
  { creatorId, knowledgeBaseId }: BaseKey,
  language: string,
): Promise<string | undefined> {
  const languages = (await list?.({ creatorId, knowledgeBaseId })) ?? []
  return languages.includes(language) ? undefined : languages[0]
}

/** What is asked of the base: words carried over count less than the message's own, and are told apart from them. */
export function toQuery(
  asked: string,
  { question, carried }: Rewritten,
): Pick<RetrievalQuery, 'question' | 'carried'> {
  return carried === undefined ? { question } : { question: asked, carried }
}

export type LookUp = (
  key: BaseKey,
  asked: { question: string; history?: readonly PastLine[] | undefined },
  signal: AbortSignal,
) => Promise<Pick<RetrievalQuery, 'question' | 'carried'>>

interface LookUpParts {
  chain?: ModelChain | undefined
  bulk?: ModelChain | undefined
  prompts: PromptTexts
  listMaterialLanguages: ListMaterialLanguages
}

/** What an answer to this message would look up, for who measures that: on the same way, on nobody's budget. */
export function createLookUp({ chain, bulk, prompts, listMaterialLanguages }: LookUpParts): LookUp {
  const fill = fillFrom(prompts)
  return async (key, { question, history = [] }, signal) => {
    const offered = await listMaterialLanguages(key)
    const language = await detectLanguage(question, { offered })
    const rewriter = bulk ?? chain
    const translateInto = rewriter && (await findForeignMaterial(listMaterialLanguages, key, language))
    const request = { question, history, signal, translateInto }
    return toQuery(question, await rewriteFollowUp(request, { chain: rewriter, fill }))
  }
}
