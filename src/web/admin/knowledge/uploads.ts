import { type Request, type Response, Router } from 'express'
import { AppError } from '../../../errors.ts'
import { getDocument } from '../../../knowledge/documents/list.ts'
import type { UploadedDocument } from '../../../knowledge/documents/upload.ts'
import type { Refusal, UploadOutcome, Uploads } from '../../uploads.ts'
import type { AdminParts } from '../admin-parts.ts'
import { getAddress, readDocumentId } from '../bot-address.ts'
import { goTo } from '../page.ts'
import { allow, checkForgeryToken, type Visit, visitOf } from '../visit.ts'

interface UploadPagesParts extends Pick<AdminParts, 'within'> {
  uploads: Uploads
  showList: (req: Request, res: Response, refused: Refusal[]) => Promise<void>
  showDocument: (req: Request, res: Response, refused: Refusal[]) => Promise<void>
}

/** Files come in: as new Documents, or as the next version of one. For forms and for the page's script alike. */
export function createUploadPages({ within, uploads, showList, showDocument }: UploadPagesParts): Router {
  const router = Router()

  router.post('/bots/:botId/knowledge/files', allow('editor'), async (req, res) => {
    const visit = visitOf(res)
    const { key } = await within(visit.actor.creatorId, (trx) => getAddress(trx, req, res))
    const outcome = await takeForm(req, res, { knowledgeBaseId: key.knowledgeBaseId })
    if (wantsJson(req)) return sendOutcome(res, outcome)
    if (outcome.refused.length > 0) return showList(req, res, outcome.refused)
    const isNothingNew = outcome.documents.every(({ isUnchanged }) => isUnchanged)
    goTo(req, res, `/admin/bots/${req.params.botId}/knowledge`, isNothingNew ? 'unchanged' : 'uploaded')
  })

  router.post('/bots/:botId/knowledge/documents/:documentId/file', allow('editor'), async (req, res) => {
    const documentId = readDocumentId(req)
    const { key, document } = await within(visitOf(res).actor.creatorId, async (trx) => {
      const { key } = await getAddress(trx, req, res)
      return { key, document: await getDocument(trx, { ...key, documentId }) }
    })
    const { name } = document
    const outcome = await takeForm(req, res, { knowledgeBaseId: key.knowledgeBaseId, name })
    if (wantsJson(req)) return sendOutcome(res, outcome)
    if (outcome.refused.length > 0) return showDocument(req, res, outcome.refused)
    const path = `/admin/bots/${req.params.botId}/knowledge/documents/${documentId}`
    goTo(req, res, path, outcome.documents.some(({ isUnchanged }) => isUnchanged) ? 'unchanged' : 'uploaded')
  })

  /** What could not be taken of a form at all is told on its page, too. */
  async function takeForm(
    req: Request,
    res: Response,
    to: { knowledgeBaseId: string; name?: string },
  ): Promise<UploadOutcome> {
    const visit = visitOf(res)
    try {
      return await uploads.takeForm(req, res, { ...to, actor: visit.actor, ...expectToken(req, visit) })
    } catch (error) {
      const isOfForm = error instanceof AppError && FORM_FAILURES.has(error.code)
      if (!isOfForm || wantsJson(req)) throw error
      return { documents: [], refused: [{ name: '', code: error.code, message: error.message }] }
    }
  }

  return router
}

const FORM_FAILURES = new Set(['upload.empty', 'request.rate_limited'])

/** A script sends the token as a header, which was checked; a form as its first field, before any file. */
export function expectToken(req: Request, visit: Visit) {
  if (req.get('X-CSRF-Token') !== undefined) return {}
  let isTrusted = false
  return {
    checkToken(token: string | undefined) {
      if (token !== undefined) {
        checkForgeryToken(visit, token)
        isTrusted = true
      }
      if (!isTrusted) throw new AppError('request.forged')
    },
  }
}

function wantsJson(req: Request): boolean {
  return req.accepts(['html', 'json']) === 'json'
}

/** @throws the refusal itself where nothing at all was taken. */
function sendOutcome(res: Response, { documents, refused }: UploadOutcome): void {
  const [first] = refused
  if (documents.length === 0 && first) throw new AppError(first.code)
  res.json({ documents: documents.map(presentUploaded), refused })
}

function presentUploaded({ id, name, isUnchanged }: UploadedDocument) {
  return { id, name, state: isUnchanged ? 'unchanged' : 'queued', isUnchanged }
}
