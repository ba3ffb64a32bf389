import type { UpdateEvent } from '../messaging/update.ts'

export type MediaEvent = Extract<UpdateEvent, { kind: 'media' }>

/** How something a person sends is taken: by ear, by eye, or by reading; undefined for what holds no question. */
export type Sense = 'hear' | 'see' | 'read'

/** By what the channel calls it. What it really is, only its bytes tell. */
export function senseOf({ media, fileId, mediaType = '' }: MediaEvent): Sense | undefined {
  if (fileId === undefined) return undefined
  switch (media) {
    case 'voice':
    case 'audio':
    case 'video':
      return 'hear'
    case 'photo':
      return 'see'
    case 'document':
      return /^(audio|video)\//.test(mediaType) ? 'hear' : mediaType.startsWith('image/') ? 'see' : 'read'
    default:
      return undefined
  }
}
