import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Installation } from '../../src/installation.ts'

/** What a report was made with. */
export interface ReportRun {
  at: Date
  /** Absent outside a repository. */
  commit?: string
  chat: string
  embedding: string
  rerank: string
}

/** A repository says at once where it stands, or is none. */
const GIT_MS = 5_000

export async function readRun({ config, embedding, offer }: Installation): Promise<ReportRun> {
  const commit = await promisify(execFile)('git', ['describe', '--always', '--dirty'], {
    timeout: GIT_MS,
  }).then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  )
  return {
    at: new Date(),
    ...(commit && { commit }),
    chat: offer.models.join(', ') || 'none: the material is quoted',
    embedding: embedding?.name ?? 'none: keywords alone',
    rerank: config.models.rerank,
  }
}
