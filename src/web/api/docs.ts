import { Router } from 'express'
import { AppError } from '../../errors.ts'
import { renderFragment, sendPage } from '../admin/page.ts'
import type { ApiDocument } from './openapi.ts'
import { readReference } from './reference.ts'

/**
 * The readable description at `/api/docs`: how to begin and every operation on the first page, the details of
 * each area on a page of its own, so that none is long. What does not depend on the visitor is rendered once.
 */
export function docsRoutes(document: ApiDocument): Router {
  const groups = readReference(document)
  const [{ url: base }] = document.servers
  const introduction = document.info.description.split('\n\n').slice(1)
  const start = renderFragment('api-docs/start', { groups, base, introduction })
  const areas = new Map(
    groups.map((group) => [
      group.slug,
      { tag: group.tag, reference: renderFragment('api-docs/area', { group, groups }) },
    ]),
  )
  const router = Router()
  router.get('/', (req, res) => {
    sendPage(req, res, 'api-docs/page', { title: 'The API', section: 'api', reference: start })
  })
  router.get('/:area', (req, res) => {
    const area = areas.get(req.params.area)
    if (!area) throw new AppError('route.not_found')
    sendPage(req, res, 'api-docs/page', {
      title: `The API: ${area.tag}`,
      section: 'api',
      reference: area.reference,
    })
  })
  return router
}
