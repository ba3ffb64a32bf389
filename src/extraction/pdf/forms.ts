import { type PdfLibrary, readWide, writeName } from './library.ts'

/** Annotation kinds whose text is part of the page: text typed onto it, and form fields. */
const FREE_TEXT = 3
const WIDGET = 20

const HIDDEN_FLAGS = 0b10_0010

/** Far more than any form has on a page. */
const MAX_ANNOTATIONS = 2_000

/** What was filled into the form fields of a page and typed onto it, one line each. */
export function readFields(library: PdfLibrary, page: number): string[] {
  const { call } = library
  const count = Math.min(call.FPDFPage_GetAnnotCount(page), MAX_ANNOTATIONS)
  const lines: string[] = []
  for (let index = 0; index < count; index += 1) {
    const annotation = call.FPDFPage_GetAnnot(page, index)
    if (annotation === 0) continue
    const line = readAnnotation(library, annotation)
    if (line !== '') lines.push(line)
    call.FPDFPage_CloseAnnot(annotation)
  }
  return lines
}

function readAnnotation(library: PdfLibrary, annotation: number): string {
  const { call } = library
  if ((call.FPDFAnnot_GetFlags(annotation) & HIDDEN_FLAGS) !== 0) return ''
  const kind = call.FPDFAnnot_GetSubtype(annotation)
  if (kind === FREE_TEXT) return readString(library, annotation, 'Contents')
  if (kind !== WIDGET || readString(library, annotation, 'FT') === 'Btn') return ''
  const value = readString(library, annotation, 'V')
  const label = readString(library, annotation, 'TU') || readString(library, annotation, 'T')
  return value.trim() === '' ? '' : label === '' ? value : `${label}: ${value}`
}

function readString(library: PdfLibrary, annotation: number, key: string): string {
  const name = writeName(library, key)
  const text = readWide(library, (buffer, bytes) =>
    library.call.FPDFAnnot_GetStringValue(annotation, name, buffer, bytes),
  )
  library.call.free(name)
  return text
}
