import { openEncryptionKeys } from './accounts/encryption-key.ts'
import { createMeLinks, type MeLinks } from './accounts/me-link.ts'
import { createVault, type Vault } from './accounts/vault.ts'
import { type Answers, openAnswers } from './answers.ts'
import { createPaidLinks, type PaidLinks } from './billing/checkout/paid-link.ts'
import { createPayLinks, type PayLinks } from './billing/checkout/pay-link.ts'
import { createPostHook, type PostHook } from './billing/fulfilment/hook-post.ts'
import type { PaymentProvider } from './billing/payment-provider.ts'
import { createPhotoLinks, type PhotoLinks } from './billing/products/photo-link.ts'
import { createSettleObject, type SettleObject } from './billing/settle/object.ts'
import { findChatLink } from './bots/chat-link.ts'
import type { Channel, ChannelRegistrar, StarsDesk } from './channels/channel.ts'
import { createTelegramChannel } from './channels/telegram.ts'
import { createWebChannel } from './channels/web.ts'
import { createWhatsappChannel } from './channels/whatsapp.ts'
import { chooseMailer, choosePayments } from './choices.ts'
import { createTakeovers, type Takeovers } from './coaching/takeover.ts'
import type { Config } from './config.ts'
import { type Db, openDatabase } from './db/database.ts'
import { migrateToLatest } from './db/migrate.ts'
import { createTenantWall, type WithinCreator } from './db/tenant-wall.ts'
import type { InstallationAddresses } from './embedded/data-dir.ts'
import { openEngines } from './engines.ts'
import type { Logger } from './logger.ts'
import { createQueueMail, type QueueMail } from './mail/mail-queue.ts'
import type { Mailer } from './mail/mailer.ts'
import { createUnsubscribeLinks, type UnsubscribeLinks } from './mail/unsubscribe.ts'
import { type Material, openMaterial } from './material.ts'
import { announceMessage, publishDraft } from './messaging/chat-feed.ts'
import { type Connections, createConnections } from './messaging/connection.ts'
import { createVerifyTokens, type VerifyTokens } from './messaging/verify-token.ts'
import { openWorkerPresence } from './messaging/worker-presence.ts'
import { importNewPacks } from './packs/new-packs.ts'

/** Everything below the web and the queues: what a command needs, and what the app is built on. */
export interface Installation extends Material, Answers, AsyncDisposable {
  config: Config
  log: Logger
  addresses: InstallationAddresses
  /** Names of the migrations this start applied. */
  migrated: string[]
  db: Db
  within: WithinCreator
  vault: Vault
  workerId: number
  connections: Connections
  verifyTokens: VerifyTokens
  channels: { telegram: Channel; whatsapp: Channel; web: Channel }
  takeovers: Takeovers
  /** Payments in Telegram Stars. */
  stars: StarsDesk
  registrars: { telegram: ChannelRegistrar; whatsapp: ChannelRegistrar }
  publicUrl: string
  meLinks: MeLinks
  /** Hands mails over; called by the job that sends what is queued. */
  mailer: Mailer
  /** Takes money; undefined without STRIPE_SECRET_KEY: then nothing is sold. */
  payments: PaymentProvider | undefined
  /** Brings what is stored in line with the payment provider. */
  settle: SettleObject | undefined
  /** Puts a mail on its way, inside the caller's transaction. */
  queueMail: QueueMail
  unsubscribeLinks: UnsubscribeLinks
  /** The addresses in chats that lead to a payment, and those of products' photos. */
  payLinks: PayLinks
  /** What someone claims in the chat who paid before opening it. */
  paidLinks: PaidLinks
  photoLinks: PhotoLinks
  /** Tells creators' own servers, on the internet alone. */
  postHook: PostHook
  /** How many packs this start imported. */
  importedPacks: number
  /** Says where the web server is, for commands that run beside us. */
  publish(webUrl: string): Promise<void>
}

/**
 * Opens the installation of DATA_DIR: attached to the one that runs there, else with embedded parts of its
 * own where no URL is given. Brings the schema forward and imports packs that are new.
 *
 * @throws {AppError} `instance.already_running` when `isExclusive` and another one runs on DATA_DIR.
 */
export async function openInstallation(
  config: Config,
  log: Logger,
  { isExclusive = false }: { isExclusive?: boolean } = {},
): Promise<Installation> {
  await using opened = new AsyncDisposableStack()
  const { addresses, publish } = await openEngines(config, log, isExclusive, opened)
  const migrated = await migrateToLatest(addresses.databaseUrl)

  const db = opened.adopt(openDatabase(addresses.databaseUrl, { max: config.databasePoolSize }), (it) =>
    it.destroy(),
  )
  const tenants = opened.adopt(
    openDatabase(addresses.databaseUrl, { max: config.databasePoolSize, scope: 'tenant' }),
    (it) => it.destroy(),
  )
  const presence = opened.use(await openWorkerPresence(addresses.databaseUrl, log))
  const vault = createVault(await openEncryptionKeys(config, log))
  const connections = createConnections({ db, vault })
  const telegram = createTelegramChannel({ ...config.telegram, log })
  const whatsapp = createWhatsappChannel(config.whatsapp)
  const web = createWebChannel({
    announceMessage: (chat) => announceMessage(db, chat),
    publishDraft: (chat, markdown) => publishDraft(db, chat, markdown),
  })

  const channels = { telegram, whatsapp, web }
  const { chromaUrl } = addresses
  const material = await openMaterial({ config, log, db, chromaUrl, workerId: presence.id }, opened)
  const answers = await openAnswers(
    { config, log, db, vault, presence, material, channels, connections },
    opened,
  )
  const payments = await choosePayments(config)
  const queueMail = createQueueMail(vault)
  const payLinks = createPayLinks(vault.deriveKey('pay-link'), config.publicUrl)
  const paidLinks = createPaidLinks(vault.deriveKey('paid-link'))
  const importedPacks = await importNewPacks({ botsDir: config.botsDir, db, ...material, log })

  const owned = opened.move()
  return {
    ...material,
    ...answers,
    config,
    log,
    addresses,
    migrated,
    db,
    within: createTenantWall(tenants),
    vault,
    workerId: presence.id,
    connections,
    verifyTokens: createVerifyTokens(vault.deriveKey('whatsapp-verify')),
    channels,
    takeovers: createTakeovers({ channels, settings: config.takeover }),
    stars: telegram,
    registrars: { telegram, whatsapp },
    publicUrl: config.publicUrl,
    meLinks: createMeLinks(vault.deriveKey('me-link'), config.publicUrl),
    mailer: chooseMailer(config, log),
    payments,
    settle:
      payments &&
      createSettleObject({
        ...{ db, payments, vault, queueMail, payLinks, paidLinks, log },
        findChatLink: (on, botId, start) =>
          findChatLink(on, { botId, publicUrl: config.publicUrl, ...(start && { start }) }),
        settings: config.payments,
      }),
    queueMail,
    postHook: createPostHook(),
    payLinks,
    paidLinks,
    photoLinks: createPhotoLinks(vault.deriveKey('photo-link'), config.publicUrl),
    unsubscribeLinks: createUnsubscribeLinks(vault, config.publicUrl),
    importedPacks,
    publish,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
