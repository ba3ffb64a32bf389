import type { Update, UpdateEvent } from '../messaging/update.ts'
import { readButton } from './buttons.ts'
import type { Turn } from './turn-outcome.ts'
import type { TurnRequest } from './turn-request.ts'
import { joinTexts, textOfCommand } from './turn-unit.ts'

/**
 * What the bot does while a Member answers in its place: it keeps what the person says, for the Member to read
 * and for itself to know later, and is silent.
 */
export function listenOnly(request: TurnRequest, update: Update): Turn {
  const said = readSpeech(request, update.event)
  return {
    kind: 'takeover',
    ...(said && { said }),
    replies: [],
    changes: { isInbound: true, isBlocked: false },
    trace: {},
  }
}

/** True for what the bot would answer; the rest is taken as it ever is. */
export function wantsAnswer({ kind }: UpdateEvent): boolean {
  return kind !== 'membership' && kind !== 'reaction' && kind !== 'stop' && kind !== 'stars'
}

/** A person may have everything about them erased at any time, whoever answers them. */
export function asksToBeForgotten(event: UpdateEvent): boolean {
  if (event.kind === 'command') return event.name === 'forget'
  return event.kind === 'button' && readButton(event.data).kind === 'forget'
}

function readSpeech({ bot, updates }: TurnRequest, event: UpdateEvent): Turn['said'] {
  switch (event.kind) {
    case 'text':
      return { kind: 'text', text: joinTexts(updates) }
    case 'command':
      return { kind: 'command', text: textOfCommand(event) }
    case 'media':
      if (event.heard?.text) {
        return { kind: 'voice', text: [event.heard.text, event.caption?.trim()].filter(Boolean).join('\n') }
      }
      return { kind: 'media', text: [`[${event.media}]`, event.caption?.trim()].filter(Boolean).join('\n') }
    case 'unsupported':
      return { kind: 'media', text: `[${event.type}]` }
    case 'button': {
      const choice = readButton(event.data)
      if (choice.kind !== 'ask') return undefined
      const question = bot.settings.suggestions[choice.language]?.[choice.index]
      return question === undefined ? undefined : { kind: 'text', text: question }
    }
    default:
      return undefined
  }
}
