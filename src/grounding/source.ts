import type { RetrievedPassage } from '../knowledge/passage.ts'

/** A passage as a model sees it, and as its claims are held against it. Its number is its place in the list, from 1. */
export interface Source {
  passage: RetrievedPassage
  /** What the model reads: the section around the passage, without what is not meant for readers. */
  shown: string
}
