/** Sound or film, as its first bytes tell. */
export interface RecordingKind {
  mediaType: string
  /** How its length is found; absent where only playing it would tell. */
  measure?: 'ogg' | 'mp4' | 'wav' | 'mp3'
}

/** Bytes {@link sniffRecording} looks at. */
export const RECORDING_HEAD_BYTES = 64

/** Brands of MP4 files that hold sound alone. */
const SOUND_BRANDS = new Set(['M4A ', 'M4B ', 'M4P '])
/** Brands of the same container that hold no sound: pictures. */
const PICTURE_BRANDS = /^(heic|heix|mif1|msf1|avif|avis)$/

/** What kind of recording a file is that begins so; undefined for anything else. */
export function sniffRecording(head: Buffer): RecordingKind | undefined {
  const mark = head.toString('latin1', 0, 12)
  if (mark.startsWith('OggS')) return { mediaType: 'audio/ogg', measure: 'ogg' }
  if (mark.startsWith('fLaC')) return { mediaType: 'audio/flac' }
  if (mark.startsWith('RIFF') && mark.slice(8) === 'WAVE') return { mediaType: 'audio/wav', measure: 'wav' }
  if (mark.startsWith('\u001aE\u00df\u00a3')) return { mediaType: 'video/webm' }
  if (mark.slice(4, 8) === 'ftyp') return sniffMp4(mark.slice(8, 12))
  return mark.startsWith('ID3') || isMp3Frame(head) ? { mediaType: 'audio/mpeg', measure: 'mp3' } : undefined
}

function sniffMp4(brand: string): RecordingKind | undefined {
  if (PICTURE_BRANDS.test(brand)) return undefined
  return { mediaType: SOUND_BRANDS.has(brand) ? 'audio/mp4' : 'video/mp4', measure: 'mp4' }
}

/** A frame of MPEG sound, layer III: eleven bits set, no reserved version, bit rate or sampling rate. */
function isMp3Frame(head: Buffer): boolean {
  const [first = 0, second = 0, third = 0] = head
  const isSync = first === 0xff && (second & 0xe0) === 0xe0
  const isLayer3 = (second & 0x06) === 0x02 && (second & 0x18) !== 0x08
  return isSync && isLayer3 && third >> 4 !== 0 && third >> 4 !== 15 && (third & 0x0c) !== 0x0c
}
