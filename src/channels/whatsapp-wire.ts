import { z } from 'zod'

/*
 * WhatsApp's words, as far as we read them. A body holds the messages and
 * statuses of several people, so nothing inside one of them may spoil the
 * rest: an entry that cannot be read becomes undefined, not a refusal.
 */

const words = z.string().optional().catch(undefined)

const File = z.object({
  id: words,
  mime_type: words,
  caption: words,
  filename: words,
  voice: z.boolean().optional().catch(undefined),
})
const file = File.optional().catch(undefined)
const something = z.looseObject({}).optional().catch(undefined)

const Reply = z.object({ id: z.string(), title: words })
const reply = Reply.optional().catch(undefined)

const Interactive = z.object({ type: words, button_reply: reply, list_reply: reply })

const TextBody = z.object({ body: z.string() })

export const WhatsappMessage = z.object({
  id: z.string().min(1).max(256),
  /** The phone number; absent for people who show a username instead. */
  from: words,
  from_user_id: words,
  group_id: words,
  timestamp: words,
  type: z.string(),
  text: TextBody.optional().catch(undefined),
  image: file,
  audio: file,
  video: file,
  document: file,
  sticker: file,
  location: something,
  contacts: z.array(z.unknown()).optional().catch(undefined),
  button: z.object({ payload: words, text: words }).optional().catch(undefined),
  interactive: Interactive.optional().catch(undefined),
  reaction: z.object({ message_id: z.string(), emoji: words }).optional().catch(undefined),
  edit: z
    .object({
      original_message_id: z.string(),
      message: z
        .object({ text: TextBody.optional().catch(undefined) })
        .optional()
        .catch(undefined),
    })
    .optional()
    .catch(undefined),
  unsupported: z.object({ type: words }).optional().catch(undefined),
})
export type WhatsappMessage = z.output<typeof WhatsappMessage>
export type WhatsappFile = z.output<typeof File>

const VendorError = z.object({
  code: z.union([z.number(), z.string()]),
  title: words,
  message: words,
  error_data: z.object({ details: words }).optional().catch(undefined),
})

export const WhatsappStatus = z.object({
  id: z.string().min(1).max(256),
  status: z.string(),
  timestamp: words,
  biz_opaque_callback_data: words,
  errors: z.array(VendorError).optional().catch(undefined),
})
export type WhatsappStatus = z.output<typeof WhatsappStatus>

const Contact = z.object({
  wa_id: words,
  user_id: words,
  profile: z.object({ name: words }).optional().catch(undefined),
})
export type WhatsappContact = z.output<typeof Contact>

const MessagesValue = z.object({
  metadata: z.object({ phone_number_id: z.string() }),
  contacts: z.array(Contact.optional().catch(undefined)).optional().catch(undefined),
  messages: z.array(WhatsappMessage.optional().catch(undefined)).optional().catch(undefined),
  statuses: z.array(WhatsappStatus.optional().catch(undefined)).optional().catch(undefined),
})
export type WhatsappValue = z.output<typeof MessagesValue>

const Change = z.object({
  field: z.string(),
  /** Undefined for every field but `messages`, whose values have forms of their own. */
  value: MessagesValue.optional().catch(undefined),
})

export const WhatsappBody = z.object({
  object: z.literal('whatsapp_business_account'),
  entry: z.array(z.object({ changes: z.array(Change) })),
})

/** The same body as far as it must be read to know whom it is for. */
export const WhatsappAddressees = z.object({
  object: z.literal('whatsapp_business_account'),
  entry: z.array(
    z.object({
      changes: z.array(
        z.object({
          value: z
            .object({ metadata: z.object({ phone_number_id: z.string() }) })
            .optional()
            .catch(undefined),
        }),
      ),
    }),
  ),
})
