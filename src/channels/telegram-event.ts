import { MAX_UPDATE_TEXT, type UpdateEvent } from '../messaging/update.ts'
import { keepText } from './inbound-text.ts'
import type { TelegramMessage } from './telegram-wire.ts'

type MediaEvent = Extract<UpdateEvent, { kind: 'media' }>

/**
 * Where a message's file may stand, most telling first: an animation stands
 * under `document` as well.
 */
const FILES = [
  ['voice', 'voice'],
  ['audio', 'audio'],
  ['video', 'video'],
  ['video_note', 'video'],
  ['animation', 'animation'],
  ['document', 'document'],
  ['sticker', 'sticker'],
] as const satisfies [keyof TelegramMessage, MediaEvent['media']][]

const MAX_FILE_NAME = 256

/** Content a person can send and we cannot read. Service messages (pins, titles, payments) are not content. */
const UNREADABLE = [
  'poll',
  'dice',
  'game',
  'story',
  'checklist',
  'paid_media',
  'live_photo',
  'rich_message',
] as const satisfies (keyof TelegramMessage)[]

/** What a message of a private chat says, in our words; undefined for a service message. */
export function readMessageEvent(message: TelegramMessage): UpdateEvent | undefined {
  return (
    readCommand(message) ?? readText(message) ?? readFile(message) ?? readPlace(message) ?? readOther(message)
  )
}

function readText({ text, message_id }: TelegramMessage): UpdateEvent | undefined {
  if (text === undefined) return undefined
  return { kind: 'text', messageId: String(message_id), text: keepText(text, MAX_UPDATE_TEXT) }
}

/** A command only where Telegram itself marked the text's start as one. */
function readCommand({ text, entities, message_id }: TelegramMessage): UpdateEvent | undefined {
  const mark = entities?.find((entity) => entity.type === 'bot_command' && entity.offset === 0)
  if (!text || !mark) return undefined
  const [name = ''] = text.slice(1, mark.length).split('@')
  if (name === '') return undefined
  return {
    kind: 'command',
    messageId: String(message_id),
    name: name.toLowerCase().slice(0, 64),
    argument: keepText(text.slice(mark.length).trim(), MAX_UPDATE_TEXT),
  }
}

function readFile(message: TelegramMessage): UpdateEvent | undefined {
  for (const [field, media] of FILES) {
    const file = message[field]
    if (file) return mediaEvent(message, media, file)
  }
  // The sizes of one photo, smallest first.
  const largest = message.photo?.at(-1)
  return largest && mediaEvent(message, 'photo', largest)
}

function readPlace(message: TelegramMessage): UpdateEvent | undefined {
  if (message.location) return mediaEvent(message, 'location')
  return message.contact && mediaEvent(message, 'contact')
}

function readOther(message: TelegramMessage): UpdateEvent | undefined {
  const type = UNREADABLE.find((field) => message[field] !== undefined)
  return type && { kind: 'unsupported', type, messageId: String(message.message_id) }
}

function mediaEvent(
  message: TelegramMessage,
  media: MediaEvent['media'],
  file?: NonNullable<TelegramMessage['document']>,
): MediaEvent {
  return {
    kind: 'media',
    messageId: String(message.message_id),
    media,
    ...(message.caption === undefined ? {} : { caption: keepText(message.caption, MAX_UPDATE_TEXT) }),
    ...(file === undefined ? {} : { fileId: file.file_id }),
    ...(file?.mime_type === undefined ? {} : { mediaType: file.mime_type }),
    ...(file?.file_size === undefined ? {} : { sizeBytes: file.file_size }),
    ...(file?.duration === undefined ? {} : { seconds: file.duration }),
    ...(file?.file_name === undefined ? {} : { fileName: keepText(file.file_name, MAX_FILE_NAME) }),
  }
}
