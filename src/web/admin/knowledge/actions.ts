import { type Request, type RequestHandler, Router } from 'express'
import { recordAudit } from '../../../accounts/audit.ts'
import { deleteDocument, removeRemains } from '../../../knowledge/documents/delete.ts'
import { MAX_TAG_CHARS, MAX_TAGS, setDocumentTags, TypedTags } from '../../../knowledge/documents/tags.ts'
import { getVersionFile, retryDocument } from '../../../knowledge/documents/versions.ts'
import { sendFile } from '../../file-answer.ts'
import type { AdminParts } from '../admin-parts.ts'
import { getAddress, readDocumentId, readVersionId } from '../bot-address.ts'
import { goTo } from '../page.ts'
import { allow, visitOf } from '../visit.ts'
import { createChangePage } from './change.ts'
import type { ShowDocument } from './document.ts'

type Parts = Pick<AdminParts, 'db' | 'within' | 'files' | 'vectors' | 'jobs' | 'log'>

/** What is done to one Document. */
export function createDocumentActions(parts: Parts, showDocument: ShowDocument): Router {
  const router = Router()
  const path = '/bots/:botId/knowledge/documents/:documentId'
  router.get(path, (req, res) => showDocument(req, res))
  router.get(`${path}/versions/:versionId/file`, downloadVersion(parts))
  router.get(`${path}/versions/:versionId/change`, createChangePage(parts))
  router.post(`${path}/tags`, allow('editor'), saveTags(parts, showDocument))
  router.post(`${path}/retry`, allow('editor'), retry(parts))
  router.post(`${path}/delete`, allow('editor'), deleteForGood(parts))
  return router
}

function saveTags({ within }: Parts, showDocument: ShowDocument): RequestHandler {
  return async (req, res) => {
    const { actor } = visitOf(res)
    const documentId = readDocumentId(req)
    const typed = String(req.body?.tags ?? '')
    const tags = TypedTags.safeParse(typed)
    if (!tags.success) {
      const error = `At most ${MAX_TAGS} tags of ${MAX_TAG_CHARS} characters each, with commas between.`
      return showDocument(req, res, { tags: { typed: typed.slice(0, 1_000), error } })
    }
    await within(actor.creatorId, async (trx) => {
      const { key } = await getAddress(trx, req, res)
      await setDocumentTags(trx, { ...key, documentId }, tags.data)
      await recordAudit(trx, actor, {
        action: 'document.tag',
        objectType: 'document',
        objectId: documentId,
        details: { tags: tags.data.length },
      })
    })
    goTo(req, res, hrefOf(req), 'saved')
  }
}

function retry({ within, jobs }: Parts): RequestHandler {
  return async (req, res) => {
    const { actor } = visitOf(res)
    const documentId = readDocumentId(req)
    const versionId = await within(actor.creatorId, async (trx) => {
      const { key } = await getAddress(trx, req, res)
      const versionId = await retryDocument(trx, { ...key, documentId })
      await recordAudit(trx, actor, {
        action: 'document.retry',
        objectType: 'document',
        objectId: documentId,
        details: { versionId },
      })
      return versionId
    })
    // Lost, the sweep announces it.
    await jobs.add('ingest-version', { versionId }).catch(() => {})
    goTo(req, res, hrefOf(req), 'retried')
  }
}

function deleteForGood(parts: Parts): RequestHandler {
  return async (req, res) => {
    const { actor } = visitOf(res)
    const documentId = readDocumentId(req)
    const { key, removed } = await parts.within(actor.creatorId, async (trx) => {
      const { key } = await getAddress(trx, req, res)
      return { key, removed: await deleteDocument(trx, actor, { ...key, documentId }) }
    })
    await removeRemains(parts, key, removed)
    goTo(req, res, `/admin/bots/${req.params.botId}/knowledge`, 'deleted')
  }
}

function downloadVersion({ within, files }: Parts): RequestHandler {
  return async (req, res) => {
    const [documentId, versionId] = [readDocumentId(req), readVersionId(req)]
    const stored = await within(visitOf(res).actor.creatorId, async (trx) => {
      const { key } = await getAddress(trx, req, res)
      return getVersionFile(trx, { ...key, documentId, versionId })
    })
    await sendFile(res, files, stored)
  }
}

function hrefOf(req: Request): string {
  return `/admin/bots/${req.params.botId}/knowledge/documents/${req.params.documentId}`
}
