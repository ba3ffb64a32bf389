import { z } from 'zod'
import { AppError } from '../errors.ts'
import type { PartPayload } from './channel.ts'

const span = { offset: z.int().min(0), length: z.int().min(1) }

/** The kinds of formatting we send; each is a kind of the Bot API's MessageEntity. */
const TelegramEntity = z.discriminatedUnion('type', [
  z.object({
    type: z.enum([
      'bold',
      'italic',
      'underline',
      'strikethrough',
      'spoiler',
      'blockquote',
      'expandable_blockquote',
      'code',
    ]),
    ...span,
  }),
  z.object({ type: z.literal('pre'), language: z.string().exactOptional(), ...span }),
  z.object({ type: z.literal('text_link'), url: z.string(), ...span }),
])

const label = z.string().min(1)

const Invoice = z.object({
  title: z.string().min(1),
  description: z.string().min(1),
  payload: z.string().min(1),
  stars: z.int().min(1),
  isMonthly: z.boolean(),
})

const TelegramButton = z.union([
  z.object({ label, data: z.string().min(1) }),
  z.object({ label, url: z.string().min(1) }),
  z.object({ label, invoice: Invoice }),
])

/** A Part as `renderTelegram` makes it and the Outbox keeps it. */
const TelegramPart = z.object({
  text: z.string().min(1),
  /** Where the server fetches it; the text is its caption then. */
  photo: z.string().min(1).exactOptional(),
  entities: z.array(TelegramEntity).default([]),
  buttons: z.array(z.array(TelegramButton)).default([]),
})
export type TelegramPart = z.output<typeof TelegramPart>

/** @throws {AppError} `channel.rejected` when a stored payload is not a Telegram Part. */
export function parseTelegramPart(payload: PartPayload): TelegramPart {
  const parsed = TelegramPart.safeParse(payload)
  if (parsed.success) return parsed.data
  const paths = parsed.error.issues.map((issue) => issue.path.join('.'))
  throw new AppError('channel.rejected', { reason: 'the stored part is not in the form of Telegram', paths })
}
