import { type Request, type Response, Router } from 'express'
import { z } from 'zod'
import { VENDOR_CHANNELS, type VendorChannel, webhookUrlOf } from '../../../bots/channel-account.ts'
import { createChannelDesk } from '../../../bots/channel-desk.ts'
import { type ShareLink, shareLinkOf, webLinkOf } from '../../../bots/share-links.ts'
import { AppError } from '../../../errors.ts'
import type { ConnectionFacts } from '../../../messaging/connection-facts.ts'
import type { AdminParts } from '../admin-parts.ts'
import { getAddress } from '../bot-address.ts'
import { goTo, sendFragment, sendPage } from '../page.ts'
import { qrImageOf } from '../qr.ts'
import { allow, visitOf } from '../visit.ts'
import { type FieldErrors, presentFailure, readAccount, refuseAccount } from './words.ts'

type ChannelPagesParts = Pick<
  AdminParts,
  'within' | 'connections' | 'registrars' | 'verifyTokens' | 'settings'
>

/** Where a bot can be reached: connect, look after, disconnect. A credential goes in here and never comes out. */
export function createChannelPages(parts: ChannelPagesParts): Router {
  const { within, settings, verifyTokens } = parts
  const desk = createChannelDesk(parts)
  const router = Router()

  router.get('/bots/:botId/channels', async (req, res) => sendChannels(req, res, {}))

  router.get('/bots/:botId/channels/:channel/check', async (req, res) => {
    const channel = readChannel(req)
    const botId = await readBotId(req, res)
    const health = await desk.check(visitOf(res).actor, botId, channel)
    if (req.get('HX-Request')) {
      return sendFragment(req, res, 'channels/health', { channel, health, base: basePathOf(botId) })
    }
    await sendChannels(req, res, { health: { [channel]: health } })
  })

  router.post('/bots/:botId/channels/:channel', allow('editor'), async (req, res) => {
    const channel = readChannel(req)
    const botId = await readBotId(req, res)
    const read = readAccount(channel, req.body, { needsSecret: !settings.hasAppSecret })
    const refuse = (status: number, errors: FieldErrors) =>
      sendChannels(req, res, { status, refused: { channel, errors, ...readIds(req) } })
    if ('errors' in read) return refuse(422, read.errors)
    try {
      await desk.connect(visitOf(res).actor, botId, read.account)
    } catch (error) {
      return refuse(error instanceof AppError ? error.status : 500, refuseAccount(error, channel))
    }
    goTo(req, res, basePathOf(botId), 'connected')
  })

  router.post('/bots/:botId/channels/:channel/disconnect', allow('editor'), async (req, res) => {
    const channel = readChannel(req)
    const botId = await readBotId(req, res)
    const { wasTold } = await desk.disconnect(visitOf(res).actor, botId, channel)
    goTo(req, res, basePathOf(botId), wasTold ? 'disconnected' : 'disconnected_here')
  })

  async function readBotId(req: Request, res: Response): Promise<string> {
    const { bot } = await within(visitOf(res).actor.creatorId, (trx) => getAddress(trx, req, res))
    return bot.id
  }

  async function sendChannels(req: Request, res: Response, extra: ChannelsExtra): Promise<void> {
    const botId = await readBotId(req, res)
    const { bot, accounts } = await desk.list(visitOf(res).actor, botId)
    const { status = 200, refused, health = {} } = extra
    res.status(status)
    sendPage(req, res, 'channels/list', {
      ...{ title: 'Channels', section: 'channels', bot, base: basePathOf(botId) },
      ...{ refused, health, hasAppSecret: settings.hasAppSecret },
      web: withCode(webLinkOf(settings.publicUrl, bot.slug)),
      channels: VENDOR_CHANNELS.map((channel) => ({
        channel,
        account: presentAccount(accounts.find((account) => account.channel === channel)),
        setUp: {
          address: webhookUrlOf(settings.publicUrl, bot, channel),
          verifyToken: verifyTokens.of(botId),
        },
      })),
    })
  }

  return router
}

interface ChannelsExtra {
  status?: number
  refused?: {
    channel: VendorChannel
    errors: FieldErrors
    phoneNumberId: string
  }
  health?: Partial<Record<VendorChannel, unknown>>
}

function presentAccount(account: ConnectionFacts | undefined) {
  if (!account) return undefined
  const channel = z.enum(VENDOR_CHANNELS).parse(account.channel)
  const link = shareLinkOf({ channel, name: account.name })
  const { lastError, lastErrorAt, lastSentAt } = account
  return {
    ...account,
    link: link && withCode(link),
    failure: account.lastFailure === null ? undefined : presentFailure(account.lastFailure),
    // What was sent since shows that it is over.
    isTroubled: lastError !== null && (lastSentAt === null || (lastErrorAt ?? lastSentAt) > lastSentAt),
  }
}

function basePathOf(botId: string): string {
  return `/admin/bots/${botId}/channels`
}

function withCode(link: ShareLink) {
  return { ...link, qr: qrImageOf(link.url) }
}

/** @throws {AppError} `route.not_found` for a channel that is not connected by hand. */
function readChannel(req: Request): VendorChannel {
  const channel = VENDOR_CHANNELS.find((name) => name === req.params.channel)
  if (!channel) throw new AppError('route.not_found')
  return channel
}

/** What of a refused form may be shown again: no token and no secret. */
function readIds({ body }: Request): { phoneNumberId: string } {
  const id: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, 'externalId') : undefined
  return { phoneNumberId: typeof id === 'string' ? id.slice(0, 40) : '' }
}
