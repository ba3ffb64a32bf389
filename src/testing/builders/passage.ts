import type { Retrieve, RetrievedPassage } from '../../knowledge/passage.ts'
import { termsOf } from '../../knowledge/words/terms.ts'
import { coverageOf, indexWords, weighByRarity } from '../../knowledge/words/word-index.ts'

/** A passage of its own Document; what is not given is made up from its id. */
export function buildPassage(
  passage: Partial<RetrievedPassage> & { id: string; text: string },
): RetrievedPassage {
  return {
    documentId: `doc-${passage.id}`,
    document: `Guide ${passage.id}`,
    documentName: `${passage.id}.md`,
    headingPath: [],
    context: passage.text,
    score: 1,
    ...passage,
  }
}

/** A retrieval over a handful of passages: the share of the question's words decides. */
export function retrieveFrom(passages: RetrievedPassage[]): Retrieve {
  const indexes = passages.map((passage) =>
    indexWords([passage.document, passage.headingPath.join('\n'), passage.text]),
  )
  const weigh = weighByRarity(indexes)
  return async ({ question, limit = 8 }) => {
    const terms = termsOf(question)
    const scored = passages.map((passage, at) => {
      const index = indexes[at]
      return { ...passage, score: index ? coverageOf(terms, index, weigh) : 0 }
    })
    const found = scored.filter(({ score }) => score > 0).sort((a, b) => b.score - a.score)
    return {
      passages: found.slice(0, limit),
      degraded: [],
      ms: { keyword: 0, embed: 0, vector: 0, total: 0 },
    }
  }
}
