import type { RequestHandler } from 'express'
import { getDocument } from '../../../knowledge/documents/list.ts'
import { getChange } from '../../../knowledge/documents/version-change.ts'
import { listVersions } from '../../../knowledge/documents/versions.ts'
import type { AdminParts } from '../admin-parts.ts'
import { getAddress, readDocumentId, readVersionId } from '../bot-address.ts'
import { sendPage } from '../page.ts'
import { visitOf } from '../visit.ts'

/** Shows what one version of a Document changed in the one before it. */
export function createChangePage({ within }: Pick<AdminParts, 'within'>): RequestHandler {
  return async (req, res) => {
    const [documentId, versionId] = [readDocumentId(req), readVersionId(req)]
    const { bot, document, change, version } = await within(visitOf(res).actor.creatorId, async (trx) => {
      const { bot, key } = await getAddress(trx, req, res)
      const document = await getDocument(trx, { ...key, documentId })
      const change = await getChange(trx, { ...key, documentId, versionId })
      const versions = await listVersions(trx, { ...key, documentId })
      return { bot, document, change, version: versions.find(({ id }) => id === versionId) }
    })
    sendPage(req, res, 'knowledge/change', {
      title: `What changed: ${document.title}`,
      section: 'knowledge',
      bot,
      document,
      change,
      version,
      href: `/admin/bots/${bot.id}/knowledge/documents/${documentId}`,
    })
  }
}
