import type { Probe, Reader } from './format.ts'
import { loadPdfModule } from './pdf/module.ts'

/** A format that can be read: how it is known by its content, and what reads it. */
export interface Format {
  mediaType: string
  /** True when the content is this format. Asked in the order of the table. */
  detect(probe: Probe): boolean
  /** Loaded when first needed, so that a child reading subtitles never loads a PDF library. */
  load(): Promise<Reader>
}

/** The OOXML types of main parts, transitional or strict, plain, template or with macros (which are never run). */
const WORD_MAIN = /wordprocessingml\.(document|template)\.main\+xml|word\.(document|template)\.macroEnabled/
const DECK_MAIN =
  /presentationml\.(presentation|slideshow|template)\.main\+xml|powerpoint\.(presentation|slideshow|template)\.macroEnabled/
const BOOK_MAIN = /spreadsheetml\.(sheet|template)\.main\+xml|excel\.(sheet|template)\.macroEnabled\.main/

const RTF_MARK = Buffer.from('{\\rtf')

const OPEN_TEXT = /^application\/vnd\.oasis\.opendocument\.text(-template)?\s*$/

/** Every format that can be read. A new one is a reader file and a line here. */
export const FORMATS: Format[] = [
  {
    mediaType: 'application/pdf',
    detect: ({ isPdf }) => isPdf,
    load: async () => {
      // Compiled beside the loading of the reader, which finds it ready or hears of its failure.
      loadPdfModule().catch(() => {})
      return (await import('./pdf/pdf.ts')).readPdf
    },
  },
  {
    mediaType: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    detect: ({ zip }) => zip !== undefined && WORD_MAIN.test(zip.contentTypes),
    load: async () => (await import('./office/docx.ts')).readDocx,
  },
  {
    mediaType: 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
    detect: ({ zip }) => zip !== undefined && DECK_MAIN.test(zip.contentTypes),
    load: async () => (await import('./office/pptx.ts')).readPptx,
  },
  {
    mediaType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    detect: ({ zip }) => zip !== undefined && BOOK_MAIN.test(zip.contentTypes),
    load: async () => (await import('./office/xlsx.ts')).readXlsx,
  },
  {
    mediaType: 'application/epub+zip',
    detect: ({ zip }) => zip !== undefined && /^application\/epub\+zip\s*$/.test(zip.mediaType),
    load: async () => (await import('./markup/epub.ts')).readEpub,
  },
  {
    mediaType: 'application/vnd.oasis.opendocument.text',
    detect: ({ zip }) => zip !== undefined && OPEN_TEXT.test(zip.mediaType),
    load: async () => (await import('./office/odt.ts')).readOdt,
  },
  {
    mediaType: 'application/rtf',
    detect: ({ head }) => head.subarray(0, 5).equals(RTF_MARK),
    load: async () => (await import('./office/rtf.ts')).readRtf,
  },
  {
    mediaType: 'text/vtt',
    detect: ({ text }) => /^WEBVTT(\s|$)/.test(text),
    load: async () => (await import('./text/subtitles.ts')).readSubtitles,
  },
  {
    mediaType: 'application/x-subrip',
    // Some programs leave the numbers out.
    detect: ({ text }) => /^\s*(\d+\s*\n\s*)?\d{1,2}:\d{2}:\d{2}[,.]\d{1,3}\s*-->/.test(text),
    load: async () => (await import('./text/subtitles.ts')).readSubtitles,
  },
  {
    mediaType: 'text/csv',
    detect: ({ text, extension }) => text !== '' && /^(csv|tsv|tab)$/.test(extension),
    load: async () => (await import('./text/csv.ts')).readCsv,
  },
  {
    mediaType: 'text/html',
    detect: ({ text, extension }) =>
      /^\s*(<\?xml[^>]*>\s*)?(<!--[\s\S]*?-->\s*)*<(!doctype\s+html|html|head|body|meta|title|article|section|main|div|h[1-6]|p|table)\b/i.test(
        text,
      ) ||
      (/^(html?|xhtml)$/.test(extension) && /<[a-z][^>]*>/i.test(text)),
    load: async () => (await import('./markup/html.ts')).readHtml,
  },
  {
    mediaType: 'text/markdown',
    detect: ({ text, extension }) => text !== '' && /^(md|markdown|mdown)$/.test(extension),
    load: async () => (await import('./text/markdown.ts')).readMarkdown,
  },
  {
    mediaType: 'text/plain',
    detect: ({ text }) => text !== '',
    load: async () => (await import('./text/text.ts')).readText,
  },
]
