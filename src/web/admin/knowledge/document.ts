import type { Request, Response } from 'express'
import { z } from 'zod'
import { getDocument } from '../../../knowledge/documents/list.ts'
import { listPassages, type PreviewPassage } from '../../../knowledge/documents/passages.ts'
import { MAX_TAG_CHARS, MAX_TAGS } from '../../../knowledge/documents/tags.ts'
import { countChanges } from '../../../knowledge/documents/version-change.ts'
import { type DocumentVersion, listVersions } from '../../../knowledge/documents/versions.ts'
import { presentLocator } from '../../../knowledge/passage.ts'
import type { Refusal } from '../../uploads.ts'
import type { AdminParts } from '../admin-parts.ts'
import { getAddress, readDocumentId } from '../bot-address.ts'
import { sendPage } from '../page.ts'
import { visitOf } from '../visit.ts'
import { WEIGHT_CHOICES } from './order.ts'
import { isOpen, presentRow, sayCount, sayKind, sayLanguage, saySize, sayState } from './words.ts'

/** A few screens: each is some 350 words. */
const PASSAGES_PER_PAGE = 10

const PreviewQuery = z.object({
  after: z.coerce.number().int().min(-1).max(1_000_000_000).optional().catch(undefined),
})

interface Shown {
  refused?: Refusal[]
  tags?: { typed: string; error: string }
}

/** Answers with the page of one Document; again, with what was wrong, after a form that was refused. */
export type ShowDocument = (req: Request, res: Response, shown?: Shown) => Promise<void>

/** Shows one Document: how it stands, its versions, and what the bot reads of it. */
export function createDocumentPage({
  within,
  settings,
}: Pick<AdminParts, 'within' | 'settings'>): ShowDocument {
  return async (req, res, { refused = [], tags } = {}) => {
    const visit = visitOf(res)
    const documentId = readDocumentId(req)
    const { after } = PreviewQuery.parse(req.query)
    const { bot, document, versions, changes, passages } = await within(
      visit.actor.creatorId,
      async (trx) => {
        const { bot, key } = await getAddress(trx, req, res)
        const document = await getDocument(trx, { ...key, documentId })
        const versions = await listVersions(trx, { ...key, documentId })
        const passages = await listPassages(trx, { ...key, documentId }, { after, limit: PASSAGES_PER_PAGE })
        const changes = await countChanges(trx, { ...key, documentId })
        return { bot, document, versions, changes, passages }
      },
    )
    const row = presentRow(document, bot.id, visit)
    if (refused.length > 0 || tags) res.status(422)
    sendPage(req, res, 'knowledge/document', {
      ...row,
      title: document.title,
      section: 'knowledge',
      bot,
      refused,
      isLive: false,
      live: isOpen(document) ? `${row.href}/events` : undefined,
      facts: presentFacts(document),
      versions: versions.map((version) => ({
        ...presentVersion(version),
        change: changes.get(version.id),
      })),
      passages: passages.items.map((passage) => presentPassage(passage, document.title)),
      next: passages.nextAfter === null ? undefined : `${row.href}?after=${passages.nextAfter}#read`,
      first: after === undefined ? undefined : `${row.href}#read`,
      tags: tags ?? { typed: document.tags.join(', '), error: undefined },
      weights: WEIGHT_CHOICES,
      maxTags: MAX_TAGS,
      maxTagChars: MAX_TAG_CHARS,
      maxSize: saySize(settings.upload.maxBytes),
    })
  }
}

function presentFacts(document: Awaited<ReturnType<typeof getDocument>>) {
  const { name, url, mediaType, language, sizeBytes, pages, passages, changedAt, datedOn } = document
  return [
    url === undefined ? { term: 'File', text: name } : { term: 'Web page', text: url, href: url },
    { term: 'Kind', text: sayKind(mediaType) },
    { term: 'Language', text: sayLanguage(language) },
    { term: 'Dated', text: datedOn ?? '' },
    { term: 'Size', text: saySize(sizeBytes) },
    {
      term: 'Length',
      text: [pages ? sayCount(pages, 'page') : '', passages ? sayCount(passages, 'passage') : '']
        .filter(Boolean)
        .join(', '),
    },
    { term: url === undefined ? 'Uploaded' : 'Fetched', date: changedAt },
  ].filter((fact) => ('date' in fact ? fact.date : fact.text))
}

function presentVersion(version: DocumentVersion) {
  return {
    ...version,
    state: version.isActive ? { label: 'In use', tone: 'ok' } : sayState(version.state),
    facts: [saySize(version.sizeBytes), version.pages ? sayCount(version.pages, 'page') : '']
      .filter(Boolean)
      .join(' · '),
  }
}

function presentPassage(passage: PreviewPassage, title: string) {
  const { id, ordinal, text, overlap, headingPath } = passage
  return {
    id,
    number: ordinal + 1,
    headings: headingPath.filter((heading) => heading !== title),
    place: presentLocator({ ...passage, document: title, headingPath: [] }),
    repeated: text.slice(0, overlap),
    text: text.slice(overlap),
  }
}
