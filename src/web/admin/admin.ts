import { Router } from 'express'
import type { Vault } from '../../accounts/vault.ts'
import type { ChannelRegistrar } from '../../channels/channel.ts'
import type { Answerer } from '../../coaching/answer.ts'
import type { Db } from '../../db/database.ts'
import type { WithinCreator } from '../../db/tenant-wall.ts'
import type { FileStore } from '../../files/file-store.ts'
import type { JobQueue } from '../../jobs/job.ts'
import type { Retrieve } from '../../knowledge/passage.ts'
import type { Logger } from '../../logger.ts'
import type { Mailer } from '../../mail/mailer.ts'
import type { ChatFeed } from '../../messaging/chat-feed.ts'
import type { Connections } from '../../messaging/connection.ts'
import type { EmbeddingModel } from '../../models/model.ts'
import type { VectorIndex } from '../../vectors/vector-index.ts'

/** What the pages are built on; each takes of it what it uses. */
export interface AdminParts {
  /** Sees every Creator: for signing in and for work that is no one's request. Pages use `within`. */
  db: Db
  within: WithinCreator
  vault: Vault
  files: FileStore
  vectors: VectorIndex
  embedding: EmbeddingModel | undefined
  retrieve: Retrieve
  answerer: Answerer
  connections: Connections
  registrars: { telegram: ChannelRegistrar; whatsapp: ChannelRegistrar }
  feed: ChatFeed
  jobs: JobQueue
  mailer: Mailer
  settings: {
    publicUrl: string
    /** Shows the links of mails on the page, since no one reads a log. */
    isDevelopment: boolean
    maxUploadBytes: number
  }
  log: Logger
  /** Ends every open event stream when the server stops. */
  stopping: AbortSignal
}

/** The creators' pages under `/admin`: who signs in, then each area behind the session guard. */
export function adminRoutes(_parts: AdminParts): Router {
  const router = Router()
  return router
}
