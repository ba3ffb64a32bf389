/** A hit in a collection: `similarity` is the cosine, 1 for the same direction. */
export interface VectorHit {
  id: string
  similarity: number
}

/**
 * Vectors by collection. A collection belongs to one KnowledgeBase and one embedding model; its id comes
 * only from our own rows. Everything in it can be rebuilt from PostgreSQL.
 *
 * Every method throws AppError `vectors.unavailable` when the server cannot be reached or does not answer
 * in time, and `vectors.collection_missing` when the server no longer knows the collection.
 */
export interface VectorIndex {
  /** Finds or makes the collection of this name and returns its id. */
  openCollection(name: string): Promise<string>
  /** Adds or replaces vectors; ids are Passage ids. Any number: cut into the server's batches. */
  upsert(collectionId: string, entries: { id: string; vector: number[] }[]): Promise<void>
  query(collectionId: string, vector: number[], limit: number): Promise<VectorHit[]>
  remove(collectionId: string, ids: string[]): Promise<void>
  count(collectionId: string): Promise<number>
  dropCollection(name: string): Promise<void>
}
