import { MAX_UPDATE_TEXT, type UpdateEvent } from '../messaging/update.ts'
import { keepText } from './inbound-text.ts'
import type { WhatsappFile, WhatsappMessage } from './whatsapp-wire.ts'

type MediaEvent = Extract<UpdateEvent, { kind: 'media' }>

const MAX_BUTTON_DATA = 256
const MAX_TYPE = 128
const MAX_FILE_NAME = 256

/** WhatsApp knows no commands: a text that looks like one of ours is one. */
const COMMAND = /^\/([a-z][a-z0-9_]{0,31})(?:\s+([\s\S]*))?$/i

/**
 * What a message says, in our words; undefined for what asks for no answer:
 * notices of the system, and messages that were taken back.
 */
export function readMessageEvent(message: WhatsappMessage): UpdateEvent | undefined {
  const { id: messageId } = message
  switch (message.type) {
    case 'text':
      return message.text ? readText(messageId, message.text.body) : unsupported(message)
    case 'button':
    case 'interactive':
      return readTap(message) ?? unsupported(message)
    case 'reaction':
      return readReaction(message)
    case 'edit':
      return readEdit(message)
    case 'request_welcome':
      // Someone opened the chat for the first time and has written nothing yet.
      return { kind: 'command', messageId, name: 'start', argument: '' }
    case 'system':
    case 'revoke':
      return undefined
    default:
      return readMedia(message) ?? unsupported(message)
  }
}

function readText(messageId: string, body: string): UpdateEvent {
  const text = keepText(body, MAX_UPDATE_TEXT)
  const [, name, argument = ''] = COMMAND.exec(text.trim()) ?? []
  if (name === undefined) return { kind: 'text', messageId, text }
  return { kind: 'command', messageId, name: name.toLowerCase(), argument: argument.trim() }
}

function readTap({ id, button, interactive }: WhatsappMessage): UpdateEvent | undefined {
  const data = interactive?.button_reply?.id ?? interactive?.list_reply?.id ?? button?.payload ?? button?.text
  return data === undefined
    ? undefined
    : { kind: 'button', data: keepText(data, MAX_BUTTON_DATA), messageId: id }
}

/** An emoji that was taken off comes as an empty one, or as none. */
function readReaction({ reaction }: WhatsappMessage): UpdateEvent | undefined {
  if (!reaction) return undefined
  const event = { kind: 'reaction' as const, messageId: reaction.message_id }
  return reaction.emoji ? { ...event, emoji: keepText(reaction.emoji, 32) } : event
}

/** An edit counts where text was replaced by text; a new caption changes no answer. */
function readEdit({ edit }: WhatsappMessage): UpdateEvent | undefined {
  const body = edit?.message?.text?.body
  if (!edit || body === undefined) return undefined
  return {
    kind: 'text',
    messageId: edit.original_message_id,
    text: keepText(body, MAX_UPDATE_TEXT),
    isEdit: true,
  }
}

function readMedia(message: WhatsappMessage): UpdateEvent | undefined {
  const { audio, image, video, document, sticker, location, contacts } = message
  if (audio) return mediaEvent(message.id, audio.voice ? 'voice' : 'audio', audio)
  if (image) return mediaEvent(message.id, 'photo', image)
  if (video) return mediaEvent(message.id, 'video', video)
  if (document) return mediaEvent(message.id, 'document', document)
  if (sticker) return mediaEvent(message.id, 'sticker', sticker)
  if (location) return mediaEvent(message.id, 'location')
  return contacts && mediaEvent(message.id, 'contact')
}

function mediaEvent(messageId: string, media: MediaEvent['media'], file?: WhatsappFile): MediaEvent {
  return {
    kind: 'media',
    messageId,
    media,
    ...(file?.caption === undefined ? {} : { caption: keepText(file.caption, MAX_UPDATE_TEXT) }),
    ...(file?.id === undefined ? {} : { fileId: file.id }),
    ...(file?.mime_type === undefined ? {} : { mediaType: file.mime_type }),
    ...(file?.filename === undefined ? {} : { fileName: keepText(file.filename, MAX_FILE_NAME) }),
  }
}

function unsupported({ id, type, unsupported: named, interactive }: WhatsappMessage): UpdateEvent {
  const detail = named?.type ?? interactive?.type
  const name = detail === undefined ? type : `${type}.${detail}`
  return { kind: 'unsupported', type: name.slice(0, MAX_TYPE), messageId: id }
}
