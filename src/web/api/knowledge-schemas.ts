import { z } from 'zod'
import type { DocumentSummary } from '../../knowledge/documents/list.ts'
import type { DocumentVersion } from '../../knowledge/documents/versions.ts'
import { presentLocator, type Retrieval } from '../../knowledge/passage.ts'
import { Instant } from './operation.ts'

const Reason = z
  .object({ code: z.string(), message: z.string() })
  .nullable()
  .describe('Why it could not be read, and what to do.')

const VersionState = z
  .enum(['queued', 'extracting', 'embedding', 'ready', 'failed', 'replaced'])
  .describe('`embedding` answers already, by words; `failed` carries a reason.')

const Pages = z.int().nullable().describe('null where the format has none, or before it was read.')

/** A Document as the API shows it. */
export const DocumentAnswer = z.object({
  id: z.uuid(),
  name: z.string().describe('Its file, with its folders.'),
  title: z.string(),
  tags: z.array(z.string()),
  sourceWeight: z.int().describe('-1: less trusted than the rest, 1: more.'),
  datedOn: z.string().nullable().describe('The day its text gives itself: newer goes before older.'),
  url: z.string().nullable().describe('Where it was fetched from.'),
  state: VersionState,
  reason: Reason,
  isAnswering: z
    .boolean()
    .describe('Whether the bot answers from it now, from this version or the one before.'),
  progress: z.object({ done: z.int(), total: z.int() }).describe('Pages while it is read, then passages.'),
  pages: Pages,
  passages: z.int(),
  language: z.string().nullable(),
  mediaType: z.string().nullable(),
  sizeBytes: z.int(),
  versionId: z.uuid(),
  createdAt: Instant,
  changedAt: Instant,
  readyAt: Instant.nullable(),
})

/** One version of a Document. */
export const VersionAnswer = z.object({
  id: z.uuid(),
  state: VersionState,
  reason: Reason,
  isActive: z.boolean().describe('Whether the bot answers from it.'),
  hasFile: z.boolean().describe('The files of replaced versions are not kept.'),
  sizeBytes: z.int(),
  pages: Pages,
  passages: z.int(),
  createdAt: Instant,
  readyAt: Instant.nullable(),
})

/** What a version changed in the one before it. */
export const ChangeAnswer = z.object({
  versionId: z.uuid(),
  beforeId: z.uuid().describe('The version it replaced.'),
  added: z.int(),
  removed: z.int(),
  lines: z
    .array(z.object({ kind: z.enum(['added', 'removed']), text: z.string() }))
    .describe('Sentences, list items, rows and headings that are not in both, in reading order.'),
  isCut: z.boolean().describe('There were more lines than are kept.'),
})

/** A passage in reading order. */
export const PassageAnswer = z.object({
  id: z.string(),
  ordinal: z.int(),
  headingPath: z.array(z.string()),
  pageFrom: z.int().nullable(),
  pageTo: z.int().nullable(),
  startMs: z.int().nullable(),
  text: z.string(),
  overlap: z.int().describe('Characters at its start that end the passage before it, too.'),
})

/** What one way of searching found. */
export const SideAnswer = z.object({
  passages: z.array(
    z.object({
      id: z.string(),
      documentId: z.uuid(),
      document: z.string(),
      locator: z.string().describe('Where it stands: page, heading or time.'),
      text: z.string(),
      score: z.number().describe('Of both ways together; only its order means something.'),
      keywordScore: z.number().nullable().describe('BM25.'),
      similarity: z.number().nullable().describe('Cosine.'),
    }),
  ),
  degraded: z
    .array(z.string())
    .describe('Steps left out: `keyword_only`, `vectors_unavailable`, `rerank_unavailable`.'),
  ms: z.number(),
})

export function presentDocument(document: DocumentSummary) {
  return {
    ...document,
    url: document.url ?? null,
    datedOn: document.datedOn ?? null,
    reason: document.reason ?? null,
    pages: document.pages ?? null,
    language: document.language ?? null,
    mediaType: document.mediaType ?? null,
    readyAt: document.readyAt ?? null,
  }
}

export function presentVersion(version: DocumentVersion) {
  return {
    ...version,
    reason: version.reason ?? null,
    pages: version.pages ?? null,
    readyAt: version.readyAt ?? null,
  }
}

export function presentSide({ passages, degraded, ms }: Retrieval) {
  return {
    passages: passages.map((passage) => ({
      id: passage.id,
      documentId: passage.documentId,
      document: passage.document,
      locator: presentLocator(passage),
      text: passage.text,
      score: passage.score,
      keywordScore: passage.keywordScore ?? null,
      similarity: passage.similarity ?? null,
    })),
    degraded,
    ms: ms.total,
  }
}
