import { parseMarkdown } from '../../channels/markdown.ts'
import { layoutChat } from '../../channels/render-chat.ts'

interface PlainTextForm {
  /** Links whose address is written after their label; by default none. */
  isAddressShown?: (url: string) => boolean
}

/**
 * The readable text of Markdown: no markup, bullets and numbers written out,
 * laid out like a chat message. The yardstick for what each channel must show.
 */
export function plainText(markdown: string, { isAddressShown = () => false }: PlainTextForm = {}): string {
  return layoutChat(parseMarkdown(markdown), { bullet: '•', isAddressShown }).text.trim()
}
