import { type Box, fills, listObjects, OBJECT, readBounds, readColour } from './drawn-object.ts'
import { measureArea, PAGE_IMAGE_SHARE } from './grounds.ts'
import type { PdfLibrary } from './library.ts'

/**
 * Finds the text objects of a page that other things may hide: painted over, cut off, or on a layer of their own.
 *
 * A picture of the whole page hides none: under it lies the text that was recognised on it.
 */
export function findDoubtful(library: PdfLibrary, page: number, bounds: Box): Set<number> {
  const { call } = library
  const texts: { object: number; index: number }[] = []
  const paints: Piece[] = []
  for (const drawn of listObjects(library, page)) {
    const { object, type, index } = drawn
    if (type === OBJECT.text) texts.push({ object, index })
    else if (paints.length < MAX_PAINTS && fills(library, drawn)) {
      const box = readBounds(library, object)
      if (type !== OBJECT.image || measureArea(box) < measureArea(bounds) * PAGE_IMAGE_SHARE)
        paints.push({ object, index, box })
    }
  }
  const doubtful = texts.filter(({ object, index }) => {
    if (isOptional(library, object)) return true
    const isClipped = call.FPDFClipPath_CountPaths(call.FPDFPageObj_GetClipPath(object)) > 0
    // Most pages hold nothing but text: asking each line for its box would cost as much as reading it.
    if (!isClipped && paints.length === 0) return false
    const piece = { object, index, box: readBounds(library, object) }
    return (isClipped && isCutOff(library, piece)) || isPaintedOver(library, piece, paints)
  })
  return new Set(doubtful.map(({ object }) => object))
}

interface Piece {
  object: number
  /** In the order of painting. */
  index: number
  box: Box
}

/** Coverings compared on one page. */
const MAX_PAINTS = 500

/** Text of which less than this stands inside its clipping path may be cut off. */
const MIN_INSIDE_SHARE = 0.8

/** Points of a clipping path that are looked at; a longer one is no box. */
const MAX_CLIP_POINTS = 200

/** Colours closer than this in each part are hard to tell apart. */
const SAME_COLOUR = 16
const COLOUR_PARTS = 3

/** Or painted in the colour of what lies under it. */
function isPaintedOver(library: PdfLibrary, text: Piece, paints: Piece[]): boolean {
  return paints.some(
    (it) =>
      covers(it.box, text.box) && (it.index > text.index || hasSameColour(library, text.object, it.object)),
  )
}

/** True where a letter may be hidden: a dot or an arrow that touches a line hides none. */
function covers(paint: Box, text: Box): boolean {
  const textHeight = text.top - text.bottom
  const width = Math.min(paint.right, text.right) - Math.max(paint.left, text.left)
  const height = Math.min(paint.top, text.top) - Math.max(paint.bottom, text.bottom)
  if (width <= 0 || height <= 0) return false
  const letter = textHeight * LETTER_SHARE
  return height >= letter && width >= Math.min(letter, text.right - text.left)
}

/** Of the height of a line: the extent of a narrow letter. */
const LETTER_SHARE = 0.4

function hasSameColour(library: PdfLibrary, text: number, ground: number): boolean {
  const [own, behind] = [text, ground].map((object) => readColour(library, object)?.slice(0, COLOUR_PARTS))
  return own?.every((part, at) => Math.abs(part - (behind?.[at] ?? -255)) <= SAME_COLOUR) === true
}

/** Optional content, which a reader may have switched off, is marked `/OC`. */
function isOptional({ call, view, scratch }: PdfLibrary, object: number): boolean {
  const count = call.FPDFPageObj_CountMarks(object)
  for (let at = 0; at < count; at += 1) {
    const mark = call.FPDFPageObj_GetMark(object, at)
    call.FPDFPageObjMark_GetName(mark, scratch + 8, 8, scratch)
    const heap = view()
    // UTF-16 and zero-ended.
    const isOc = heap.getUint32(scratch, true) === 6 && heap.getUint32(scratch + 8, true) === 0x0043_004f
    if (isOc) return true
  }
  return false
}

function isCutOff(library: PdfLibrary, { object, box }: Piece): boolean {
  const clip = readClip(library, object)
  if (!clip) return false
  const width = Math.min(box.right, clip.right) - Math.max(box.left, clip.left)
  const height = Math.min(box.top, clip.top) - Math.max(box.bottom, clip.bottom)
  return Math.max(width, 0) * Math.max(height, 0) < measureArea(box) * MIN_INSIDE_SHARE
}

/** The box all clipping paths of an object leave open, `undefined` where there is none. */
function readClip(library: PdfLibrary, object: number): Box | undefined {
  const { call } = library
  const clip = call.FPDFPageObj_GetClipPath(object)
  const count = call.FPDFClipPath_CountPaths(clip)
  let box: Box | undefined
  for (let path = 0; path < Math.min(count, MAX_CLIP_POINTS); path += 1) {
    const own = readPathBox(library, clip, path)
    if (!own) continue
    box = box ? intersect(box, own) : own
  }
  return box
}

function readPathBox({ call, view, scratch }: PdfLibrary, clip: number, path: number): Box | undefined {
  const count = call.FPDFClipPath_CountPathSegments(clip, path)
  if (count <= 0 || count > MAX_CLIP_POINTS) return undefined
  let box: Box | undefined
  for (let at = 0; at < count; at += 1) {
    const segment = call.FPDFClipPath_GetPathSegment(clip, path, at)
    if (call.FPDFPathSegment_GetPoint(segment, scratch, scratch + 4) === 0) continue
    const heap = view()
    const x = heap.getFloat32(scratch, true)
    const y = heap.getFloat32(scratch + 4, true)
    box = {
      left: Math.min(box?.left ?? x, x),
      bottom: Math.min(box?.bottom ?? y, y),
      right: Math.max(box?.right ?? x, x),
      top: Math.max(box?.top ?? y, y),
    }
  }
  return box
}

function intersect(a: Box, b: Box): Box {
  return {
    left: Math.max(a.left, b.left),
    bottom: Math.max(a.bottom, b.bottom),
    right: Math.min(a.right, b.right),
    top: Math.min(a.top, b.top),
  }
}
