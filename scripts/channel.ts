/** `npm run channel -- connect | status | disconnect`: a bot's accounts on the channels. */

import { findBotBySlug } from '../src/bots/bot.ts'
import { connectChannel, describeChannels, disconnectChannel } from '../src/bots/channel-account.ts'
import { AppError } from '../src/errors.ts'
import { openCommand, readOption, readWords, refuseUsage } from './command.ts'

const USAGE = `npm run channel --
  connect SLUG telegram --token T
  connect SLUG whatsapp --phone-number-id P --token T [--app-secret S]
  status SLUG
  disconnect SLUG telegram | whatsapp`

const args = process.argv.slice(2)
const [action, slug, channel] = readWords(args)
if (!action || !slug) refuseUsage(USAGE)

await openCommand(async (installation) => {
  const bot = await findBotBySlug(installation.db, slug)
  if (!bot) throw new AppError('bot.not_found', { slug })
  if (action === 'status') {
    for (const line of await describeChannels(installation, bot)) console.log(line)
    return
  }
  if (channel !== 'telegram' && channel !== 'whatsapp') refuseUsage(USAGE)
  if (action === 'disconnect') {
    const wasTold = await disconnectChannel(installation, bot, channel)
    console.log(`${bot.slug} is no longer on ${channel}.`)
    if (!wasTold) console.log(`${channel} could not be told; what it still delivers is refused.`)
    return
  }
  const token = readOption(args, 'token')
  const externalId = readOption(args, 'phone-number-id')
  if (action !== 'connect' || !token || (channel === 'whatsapp' && !externalId)) refuseUsage(USAGE)
  const appSecret = readOption(args, 'app-secret')
  const connected = await connectChannel(installation, bot, {
    channel,
    token,
    ...(externalId && { externalId }),
    ...(appSecret && { appSecret }),
  })
  console.log(`${bot.slug} is on ${channel} as ${connected.name}.`)
  for (const line of connected.nextSteps) console.log(line)
  console.log(`webhook ${connected.webhookUrl}`)
})
