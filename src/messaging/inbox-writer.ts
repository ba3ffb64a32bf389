import type { Db } from '../db/database.ts'
import { type ChatAddress, type InboxDraft, type InboxOwner, insertUpdates } from './inbox.ts'
import type { Update } from './update.ts'

/** Commits under way at a time: while they run, what arrives is gathered for the next. */
const COMMITS = 2
/** Updates of one commit: a batch stays small beside the server's own limits. */
const MAX_BATCH = 200

export interface InboxWriter {
  /** Stores Updates under the promise of `recordUpdates` and resolves once they are committed. */
  record(owner: InboxOwner, updates: Update[]): Promise<void>
}

interface Waiting {
  drafts: InboxDraft[]
  resolve: () => void
  reject: (error: unknown) => void
}

/**
 * Stores what many webhooks bring in shared commits: alone an Update is written at once, in a flood those
 * that arrive during a commit are written together by the next. Each webhook still waits for the commit
 * that holds its own Update.
 *
 * @param onStored hears of each Chat that has something new.
 */
export function createInboxWriter(db: Db, onStored: (chats: ChatAddress[]) => void): InboxWriter {
  const waiting: Waiting[] = []
  let running = 0

  async function drain(): Promise<void> {
    running++
    while (waiting.length > 0) {
      const batch = takeBatch(waiting)
      try {
        await write(batch)
      } catch (error) {
        await writeApart(batch, error)
      }
    }
    running--
  }

  async function write(batch: Waiting[]): Promise<void> {
    onStored(
      await insertUpdates(
        db,
        batch.flatMap(({ drafts }) => drafts),
      ),
    )
    for (const { resolve } of batch) resolve()
  }

  /** One that cannot be stored must not keep its neighbours out. */
  async function writeApart(batch: Waiting[], error: unknown): Promise<void> {
    if (batch.length === 1) return batch[0]?.reject(error)
    for (const one of batch) await write([one]).catch((cause) => one.reject(cause))
  }

  return {
    record: (owner, updates) => {
      if (updates.length === 0) return Promise.resolve()
      const drafts = updates.map((update) => ({ creatorId: owner.creatorId, botId: owner.botId, update }))
      return new Promise((resolve, reject) => {
        waiting.push({ drafts, resolve, reject })
        if (running < COMMITS) void drain()
      })
    },
  }
}

function takeBatch(waiting: Waiting[]): Waiting[] {
  let count = 0
  const end = waiting.findIndex(({ drafts }) => {
    count += drafts.length
    return count > MAX_BATCH
  })
  return waiting.splice(0, end === -1 ? waiting.length : Math.max(end, 1))
}
