/** What is retrieved: a piece of a Document, with where it stands. */
export interface Passage {
  id: string
  documentId: string
  /** The Document's title, as shown to people. */
  document: string
  /** The Document's name in its KnowledgeBase: its path in the pack or the uploaded file's name. */
  documentName: string
  /** Of the web page the Document was fetched from. */
  documentUrl?: string
  headingPath: string[]
  pageFrom?: number
  pageTo?: number
  /** Start of the first cue, for transcripts. */
  startMs?: number
  text: string
}

export interface RetrievedPassage extends Passage {
  /** Text of the section around the passage, as far as it fits: what a model is given. Holds `text`. */
  context: string
  /** Fused score; only its order means something. */
  score: number
  /** BM25, absent when the keyword side did not find it. */
  keywordScore?: number
  /** Cosine, absent when the vector side did not find it. */
  similarity?: number
}

/** A step of the fall of invariant 8 that retrieval had to take. */
export type RetrievalStep = 'keyword_only' | 'vectors_unavailable' | 'rerank_unavailable'

export interface Retrieval {
  /** Best first. */
  passages: RetrievedPassage[]
  degraded: RetrievalStep[]
  /** Time of each stage in milliseconds. */
  ms: { keyword: number; embed: number; vector: number; total: number }
}

export interface RetrievalQuery {
  creatorId: string
  knowledgeBaseId: string
  question: string
  /** What was asked before, where the question points back to it: looked up too, its words counting less. */
  carried?: string | undefined
  limit?: number
  /** For measurements: one side alone. Default: what the base and its settings say. */
  mode?: 'keyword' | 'vector' | 'hybrid' | 'rerank'
}

export type Retrieve = (query: RetrievalQuery) => Promise<Retrieval>

/** Where a Passage stands, for people: "page 4", "Naps", "00:12:31". */
export function presentLocator(
  passage: Pick<Passage, 'document' | 'headingPath' | 'pageFrom' | 'pageTo' | 'startMs'>,
): string {
  if (passage.startMs !== undefined) return presentTimecode(passage.startMs)
  // The document's title stands beside the locator already.
  const headings = passage.headingPath.filter((heading) => heading !== passage.document)
  const heading = headings.slice(-2).join(' › ')
  if (passage.pageFrom === undefined) return heading
  const page =
    passage.pageTo === undefined || passage.pageTo === passage.pageFrom
      ? `p. ${passage.pageFrom}`
      : `pp. ${passage.pageFrom}–${passage.pageTo}`
  return heading ? `${page} · ${heading}` : page
}

function presentTimecode(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  return [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
    .map((value) => String(value).padStart(2, '0'))
    .join(':')
}
