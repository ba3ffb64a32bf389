import type { ChannelName } from './update.ts'

export interface PaceSettings {
  telegram: { botPerSecond: number; chatPerSecond: number }
  whatsapp: { numberPerSecond: number; pairPerSecond: number }
}

/** The two paces a vendor wants kept: of the bot's account, and of one conversation. */
export interface ChannelPace {
  channel: ChannelName
  account: Pace
  pair: Pace
}

/** Seconds between two sends in the long run, and by how many seconds a burst may run ahead of that. */
export interface Pace {
  stepSeconds: number
  slackSeconds: number
}

/** Short bursts in one Telegram chat pass: enough for the bubbles of one long answer. */
const TELEGRAM_CHAT_BURST = 5
/** Meta lets a pair run ahead by 45 messages, to be paid back. */
const WHATSAPP_PAIR_BURST = 45

/** The paces of every channel that has one. An account may burst by what it may send in a second. */
export function listPaces({ telegram, whatsapp }: PaceSettings): ChannelPace[] {
  return [
    {
      channel: 'telegram',
      account: paceOf(telegram.botPerSecond, telegram.botPerSecond),
      pair: paceOf(telegram.chatPerSecond, TELEGRAM_CHAT_BURST),
    },
    {
      channel: 'whatsapp',
      account: paceOf(whatsapp.numberPerSecond, whatsapp.numberPerSecond),
      pair: paceOf(whatsapp.pairPerSecond, WHATSAPP_PAIR_BURST),
    },
  ]
}

function paceOf(perSecond: number, burst: number): Pace {
  return { stepSeconds: 1 / perSecond, slackSeconds: (Math.max(burst, 1) - 1) / perSecond }
}
