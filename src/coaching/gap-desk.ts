import type { Actor } from '../accounts/access.ts'
import type { Db } from '../db/database.ts'
import type { WithinCreator } from '../db/tenant-wall.ts'
import type { FileStore } from '../files/file-store.ts'
import type { JobQueue } from '../jobs/job.ts'
import { removeRemains } from '../knowledge/documents/delete.ts'
import { removeUnusedFiles } from '../knowledge/documents/unused-files.ts'
import type { Logger } from '../logger.ts'
import type { VectorIndex } from '../vectors/vector-index.ts'
import { type GapKey, getGapGroup } from './gap.ts'
import { type AnswerText, answerGap, readAnswerText, storeAnswer, undoGapAnswer } from './gap-answer.ts'

interface GapDeskParts {
  /** For what is left to clean up once the Creator's rows are gone. */
  db: Db
  within: WithinCreator
  files: FileStore
  vectors: VectorIndex
  jobs: JobQueue
  /** How long an answer can be taken back before who asked is told. */
  undoMs: number
  log: Logger
}

/** Where a Member answers what the material could not: the change, and what has to follow it. */
export interface GapDesk {
  /** Answers in the material and in the chats of who asked. @throws {AppError} `gap.not_found`, `gap.not_open` */
  answer(actor: Actor, key: GapKey, answer: AnswerText & { isCorrection: boolean }): Promise<void>
  /**
   * Takes an answer back; returns how many chats keep it, since it had left already.
   *
   * @throws {AppError} `gap.not_found`, `gap.not_answered`
   */
  undo(actor: Actor, key: GapKey): Promise<{ toldCount: number }>
}

export function createGapDesk({ db, within, files, vectors, jobs, undoMs, log }: GapDeskParts): GapDesk {
  /** The change stands without a nudge: the sweep finds what is to follow. */
  async function nudge(work: () => Promise<void>): Promise<void> {
    await work().catch((err) => log.warn({ err }, 'gap-nudge-failed'))
  }

  return {
    async answer(actor, key, { isCorrection, ...sent }) {
      const { creatorId } = actor
      const answer = { ...readAnswerText(sent), isCorrection }
      await within(creatorId, (trx) => getGapGroup(trx, { creatorId, ...key }))
      const file = await storeAnswer(files, creatorId, answer)
      const { versionId } = await within(creatorId, (trx) =>
        answerGap(trx, files, actor, { ...key, ...answer, file, undoMs }),
      ).catch(async (error: unknown) => {
        await removeUnusedFiles(db, files, creatorId, [file.key])
        throw error
      })
      await nudge(async () => {
        if (versionId) await jobs.add('ingest-version', { versionId })
        await jobs.add('tell-askers', { groupId: key.groupId }, { delayMs: undoMs })
      })
    },

    async undo(actor, key) {
      const { creatorId } = actor
      const { base, removed, toldCount } = await within(creatorId, (trx) => undoGapAnswer(trx, actor, key))
      if (removed) {
        await nudge(() => removeRemains({ db, files, vectors, log }, base, removed))
      }
      return { toldCount }
    },
  }
}
