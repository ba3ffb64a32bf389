import { Router } from 'express'
import { createUploads } from '../../uploads.ts'
import type { AdminParts } from '../admin-parts.ts'
import { createDocumentActions } from './actions.ts'
import { createDocumentPage } from './document.ts'
import { createKnowledgeList } from './list.ts'
import { createLivePages } from './live.ts'
import { createKnowledgeOrder } from './order.ts'
import { createSearchPage } from './search.ts'
import { createUploadPages } from './uploads.ts'
import { createWebSourcePages } from './web-source-pages.ts'

type KnowledgeParts = Pick<
  AdminParts,
  'db' | 'within' | 'files' | 'vectors' | 'embedding' | 'retrieve' | 'jobs' | 'settings' | 'log' | 'stopping'
>

/** A Bot's material: what it answers from, how it is taken in, and what of it is found. */
export function createKnowledgePages(parts: KnowledgeParts): Router {
  const router = Router()
  const { within } = parts
  const uploads = createUploads(parts)
  const showList = createKnowledgeList(parts)
  const showDocument = createDocumentPage(parts)

  router.get('/bots/:botId/knowledge', (req, res) => showList(req, res))
  router.use(
    createLivePages(parts),
    createSearchPage(parts),
    createKnowledgeOrder(parts),
    createUploadPages({
      within,
      uploads,
      showList,
      showDocument: (req, res, refused) => showDocument(req, res, { refused }),
    }),
    createWebSourcePages({ ...parts, showList: (req, res, web) => showList(req, res, [], web) }),
    createDocumentActions(parts, showDocument),
  )
  return router
}
