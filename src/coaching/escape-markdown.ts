/** Words as Markdown that reads exactly like them, whatever signs are in them. */
export function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_[\]<>#|~]/g, '\\$&')
}
