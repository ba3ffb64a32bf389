import type { Vault } from '../../accounts/vault.ts'
import type { Answerer } from '../../answering/answer.ts'
import type { PostHook } from '../../billing/fulfilment/hook-post.ts'
import type { PaymentProvider } from '../../billing/payment-provider.ts'
import type { PhotoLinks } from '../../billing/products/photo-link.ts'
import type { SettleObject } from '../../billing/settle/object.ts'
import type { ModelOffer } from '../../bots/bot-settings.ts'
import type { PromptTexts } from '../../bots/prompt.ts'
import type { Channel, ChannelRegistrar, StarsDesk } from '../../channels/channel.ts'
import type { TakeoverSettings, Takeovers } from '../../coaching/takeover.ts'
import type { SourceLimits } from '../../crawling/web-source.ts'
import type { Db } from '../../db/database.ts'
import type { WithinCreator } from '../../db/tenant-wall.ts'
import type { FileStore } from '../../files/file-store.ts'
import type { JobQueue, JobRecords } from '../../jobs/job.ts'
import type { UploadLimits } from '../../knowledge/documents/upload.ts'
import type { Retrieve } from '../../knowledge/passage.ts'
import type { Logger } from '../../logger.ts'
import type { QueueMail } from '../../mail/mail-queue.ts'
import type { Mailer } from '../../mail/mailer.ts'
import type { UnsubscribeLinks } from '../../mail/unsubscribe.ts'
import type { ChatFeed } from '../../messaging/chat-feed.ts'
import type { Connections } from '../../messaging/connection.ts'
import type { ChannelName } from '../../messaging/update.ts'
import type { VerifyTokens } from '../../messaging/verify-token.ts'
import type { EmbeddingModel } from '../../models/model.ts'
import type { VectorIndex } from '../../vectors/vector-index.ts'
import type { SecurityLog } from '../security-log.ts'

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
  /** The program's own wording, which a bot may override. */
  prompts: PromptTexts
  /** What a bot may choose from. */
  offer: ModelOffer
  connections: Connections
  /** Payments in Telegram Stars. */
  stars: StarsDesk
  verifyTokens: VerifyTokens
  channels: Record<ChannelName, Channel>
  takeovers: Takeovers
  registrars: { telegram: ChannelRegistrar; whatsapp: ChannelRegistrar }
  feed: ChatFeed
  jobs: JobQueue & JobRecords
  mailer: Mailer
  queueMail: QueueMail
  postHook: PostHook
  photoLinks: PhotoLinks
  unsubscribeLinks: UnsubscribeLinks
  /** Takes money; undefined where nothing can be sold. */
  payments: PaymentProvider | undefined
  /** Brings what is stored of one object in line with the payment provider. */
  settle: SettleObject | undefined
  security: SecurityLog
  settings: {
    publicUrl: string
    /** Shows the links of mails on the page, since no one reads a log. */
    isDevelopment: boolean
    maxUploadBytes: number
    takeover: TakeoverSettings
    /** How long an answer to a gap can be taken back before who asked is told. */
    gapUndoMs: number
    upload: UploadLimits & { timeoutMs: number }
    /** Of web pages and sitemaps as material. */
    crawl: SourceLimits & { allowPrivate: readonly string[] }
    api: { requestsPerMinute: number; bodyBytes: number }
    /** The installation has an app secret for WhatsApp numbers that bring none. */
    hasAppSecret: boolean
  }
  log: Logger
  /** Ends every open event stream when the server stops. */
  stopping: AbortSignal
}
