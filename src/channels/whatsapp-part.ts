import {
  ActionButtons,
  ActionCTA,
  ActionList,
  Body,
  Button,
  Header,
  Image,
  Interactive,
  ListSection,
  Row,
  Text,
} from 'whatsapp-api-js/messages'
import { z } from 'zod'
import { AppError } from '../errors.ts'
import type { PartPayload } from './channel.ts'

const Choice = z.object({ id: z.string().min(1), title: z.string().min(1) })

/** A Part as `renderWhatsapp` makes it and the Outbox keeps it. */
const WhatsappPart = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('text'), text: z.string().min(1) }),
  z.object({ kind: z.literal('photo'), text: z.string().min(1), photo: z.string().min(1) }),
  z.object({
    kind: z.literal('link'),
    photo: z.string().min(1).exactOptional(),
    text: z.string().min(1),
    label: z.string().min(1),
    url: z.string().min(1),
  }),
  z.object({ kind: z.literal('buttons'), text: z.string().min(1), buttons: z.tuple([Choice], Choice) }),
  z.object({
    kind: z.literal('list'),
    text: z.string().min(1),
    button: z.string().min(1),
    rows: z.tuple(
      [Choice.extend({ description: z.string().optional() })],
      Choice.extend({ description: z.string().optional() }),
    ),
  }),
])
type WhatsappPart = z.output<typeof WhatsappPart>

/**
 * A stored payload as a message of the library, whose classes check every
 * published limit once more.
 *
 * @throws {AppError} `channel.rejected` when the payload is not a WhatsApp Part or over a limit.
 */
export function buildWhatsappMessage(payload: PartPayload): Text | Image | Interactive {
  const parsed = WhatsappPart.safeParse(payload)
  if (!parsed.success) {
    const paths = parsed.error.issues.map((issue) => issue.path.join('.'))
    throw new AppError('channel.rejected', {
      reason: 'the stored part is not in the form of WhatsApp',
      paths,
    })
  }
  try {
    return buildMessage(parsed.data)
  } catch (error) {
    // The library names the limit, not the text.
    const limit = error instanceof Error ? error.message : 'unknown'
    throw new AppError('channel.rejected', { reason: 'the stored part is over a limit of WhatsApp', limit })
  }
}

function buildMessage(part: WhatsappPart): Text | Image | Interactive {
  if (part.kind === 'text') return new Text(part.text)
  if (part.kind === 'photo') return new Image(part.photo, false, part.text)
  if (part.kind === 'link') {
    const message = new Interactive(new ActionCTA(part.label, part.url), new Body(part.text))
    // The API shows pictures above such a button; the library's constructor still wants a text there.
    return part.photo === undefined
      ? message
      : Object.assign(message, { header: new Header(new Image(part.photo, false)) })
  }
  if (part.kind === 'buttons') {
    const [first, ...others] = part.buttons
    return new Interactive(
      new ActionButtons(buildButton(first), ...others.map(buildButton)),
      new Body(part.text),
    )
  }
  const [first, ...others] = part.rows
  const section = new ListSection(undefined, buildRow(first), ...others.map(buildRow))
  return new Interactive(new ActionList(part.button, section), new Body(part.text))
}

function buildButton({ id, title }: z.output<typeof Choice>): Button {
  return new Button(id, title)
}

function buildRow({
  id,
  title,
  description,
}: {
  id: string
  title: string
  description?: string | undefined
}): Row {
  return new Row(id, title, description)
}
