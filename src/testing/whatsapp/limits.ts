import { z } from 'zod'

const MAX_TEXT = 4_096
const MAX_BODY = 1_024
const MAX_ROWS = 10
const MAX_BUTTONS = 3

const Title = z.object({ id: z.string(), title: z.string() })

/** By its address, which the vendor fetches. */
const Picture = z.object({ link: z.string(), caption: z.string().optional() })

/** A message request as far as a stand-in remembers it. */
export const WhatsappOutgoing = z.object({
  to: z.string().optional(),
  recipient: z.string().optional(),
  type: z.string().default('text'),
  biz_opaque_callback_data: z.string().optional(),
  text: z.object({ body: z.string(), preview_url: z.boolean().optional() }).optional(),
  image: Picture.optional(),
  interactive: z
    .object({
      type: z.string(),
      header: z.object({ type: z.literal('image'), image: Picture }).optional(),
      body: z.object({ text: z.string() }),
      action: z.object({
        button: z.string().optional(),
        parameters: z.object({ display_text: z.string(), url: z.string() }).optional(),
        buttons: z.array(z.object({ reply: Title })).optional(),
        sections: z.array(z.object({ title: z.string().optional(), rows: z.array(Title) })).optional(),
      }),
    })
    .optional(),
})
export type WhatsappOutgoing = z.output<typeof WhatsappOutgoing>

/**
 * The documented limit a message breaks beyond what the schema says: nothing
 * that is only white space, titles and ids unique, lengths in UTF-16 units (the
 * schema counts characters, which is more generous), ten rows in all.
 */
export function findWhatsappFault(message: WhatsappOutgoing): string | undefined {
  const { type, text, interactive } = message
  if (!message.to && !message.recipient) return 'no recipient'
  if (type === 'text') return findBodyFault(text?.body ?? '', MAX_TEXT)
  if (type === 'image') return findPictureFault(message.image)
  if (!interactive) return undefined
  const pictureFault = interactive.header && findPictureFault(interactive.header.image)
  if (pictureFault) return pictureFault
  const fault = findBodyFault(interactive.body.text, MAX_BODY)
  if (fault) return fault
  const { button, buttons, sections = [], parameters } = interactive.action
  if (interactive.type === 'cta_url') return parameters ? findLinkFault(parameters) : 'no parameters'
  if (buttons && buttons.length > MAX_BUTTONS) return `more than ${MAX_BUTTONS} buttons`
  if (buttons)
    return findTitlesFault(
      buttons.map(({ reply }) => reply),
      { title: 20, id: 256 },
    )
  if (button !== undefined && (button.trim() === '' || button.length > 20))
    return 'list button is empty or too long'
  if (sections.length > 1 && sections.some(({ title }) => !title))
    return 'each of several sections wants a title'
  const rows = sections.flatMap((section) => section.rows)
  if (rows.length > MAX_ROWS) return `more than ${MAX_ROWS} rows in all`
  return findTitlesFault(rows, { title: 24, id: 200 })
}

function findBodyFault(body: string, max: number): string | undefined {
  if (body.trim() === '') return 'the text is empty'
  return body.length > max ? `the text has more than ${max} characters` : undefined
}

function findTitlesFault(
  titles: { id: string; title: string }[],
  max: { title: number; id: number },
): string | undefined {
  if (titles.length === 0) return 'nothing to choose from'
  if (new Set(titles.map(({ title }) => title)).size < titles.length) return 'titles are not unique'
  if (new Set(titles.map(({ id }) => id)).size < titles.length) return 'ids are not unique'
  for (const { id, title } of titles) {
    if (title.trim() === '' || title.length > max.title) return `a title is empty or over ${max.title}`
    if (id !== id.trim() || id === '' || id.length > max.id) return `an id is empty, padded or over ${max.id}`
  }
  return undefined
}

function findLinkFault({
  display_text: label,
  url,
}: {
  display_text: string
  url: string
}): string | undefined {
  if (label.trim() === '' || label.length > 20) return 'a label is empty or over 20'
  return URL.canParse(url) && /^https?:/.test(url) ? undefined : 'not an address of the web'
}

function findPictureFault(picture: z.output<typeof Picture> | undefined): string | undefined {
  if (!picture || !URL.canParse(picture.link) || !picture.link.startsWith('https://'))
    return 'no public picture'
  return (picture.caption?.length ?? 0) > MAX_BODY ? 'caption over 1024' : undefined
}
