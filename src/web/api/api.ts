import express, { type RequestHandler, Router } from 'express'
import { AppError } from '../../errors.ts'
import type { AdminParts } from '../admin/admin-parts.ts'
import { refuseUnknownRoute } from '../middleware.ts'
import { createAccountOperations } from './account-operations.ts'
import { createApiGuard } from './api-guard.ts'
import { createBotOperations } from './bot-operations.ts'
import { createChannelOperations } from './channel-operations.ts'
import { createChatOperations } from './chat-operations.ts'
import { createCodeOperations } from './code-operations.ts'
import { docsRoutes } from './docs.ts'
import { createGapOperations } from './gap-operations.ts'
import { createInsightOperations } from './insight-operations.ts'
import { createKnowledgeFiles } from './knowledge-files.ts'
import { createKnowledgeOperations } from './knowledge-operations.ts'
import { KNOWLEDGE_ORDER_OPERATIONS } from './knowledge-order-operations.ts'
import { createMemberOperations } from './member-operations.ts'
import { createMoneyOperations } from './money-operations.ts'
import { describeApi } from './openapi.ts'
import type { Method, Operation, RawRoute } from './operation.ts'
import { createOrderOperations } from './order-operations.ts'
import { createPackRoutes } from './pack-routes.ts'
import { createPlanOperations } from './plan-operations.ts'
import { createProductOperations, createProductPhotoRoutes } from './product-operations.ts'
import { createPromptOperations } from './prompt-operations.ts'
import { readCall } from './read-call.ts'
import { serveOperation } from './run-operation.ts'
import { createSubscriberOperations } from './subscriber-operations.ts'
import { createWebSourceOperations } from './web-source-operations.ts'

/** The REST API under `/api/v1`, and its description: for programs at `openapi.json`, for people at `/api/docs`. */
export function apiRoutes(parts: AdminParts): Router {
  const operations = collectOperations(parts)
  const rawRoutes = collectRawRoutes(parts)
  const document = describeApi({ operations, rawRoutes, publicUrl: parts.settings.publicUrl })
  const router = Router()
  router.use('/api/v1', createRoutes(parts, { operations, rawRoutes, document }))
  router.use('/api/docs', docsRoutes(document))
  return router
}

/** One line for each area. */
function collectOperations(parts: AdminParts): Operation[] {
  return [
    ...createAccountOperations(),
    ...createMemberOperations(),
    ...createChatOperations(parts),
    ...createBotOperations(parts),
    ...createPromptOperations(parts),
    ...createChannelOperations(parts),
    ...createGapOperations(parts),
    ...createInsightOperations(),
    ...createKnowledgeOperations(parts),
    ...KNOWLEDGE_ORDER_OPERATIONS,
    ...createWebSourceOperations(parts),
    ...createSubscriberOperations(parts),
    ...createPlanOperations(parts),
    ...createCodeOperations(parts),
    ...createMoneyOperations(),
    ...createProductOperations(parts),
    ...createOrderOperations(parts),
  ]
}

/** Uploads and downloads, one line for each area. */
function collectRawRoutes(parts: AdminParts): RawRoute[] {
  return [...createKnowledgeFiles(parts), ...createPackRoutes(parts), ...createProductPhotoRoutes(parts)]
}

interface Catalogue {
  operations: Operation[]
  rawRoutes: RawRoute[]
  document: object
}

/** A description changes with a release alone; a few minutes late is early enough. */
const DOCUMENT_MAX_AGE_SECONDS = 300

function createRoutes(parts: AdminParts, { operations, rawRoutes, document }: Catalogue): Router {
  const router = Router()
  const { requestsPerMinute, bodyBytes } = parts.settings.api
  const guard = createApiGuard({ ...parts, requestsPerMinute })
  const readJson = express.json({ limit: bodyBytes, strict: false })

  router.use((_req, res, next) => {
    res.set('Cache-Control', 'no-store')
    next()
  })
  const described = JSON.stringify(document)
  router.get('/openapi.json', (_req, res) => {
    res.set('Cache-Control', `public, max-age=${DOCUMENT_MAX_AGE_SECONDS}`).type('json').send(described)
  })
  for (const operation of operations) {
    router[operation.method](operation.path, guard(operation), readJson, serveOperation(operation, parts))
  }
  for (const route of rawRoutes) {
    router[route.method](route.path, guard(route), checkAddress(route), route.handler)
  }
  for (const [path, methods] of groupMethods([...operations, ...rawRoutes])) {
    router.all(path, refuseMethod(methods))
  }
  router.use(refuseUnknownRoute)
  return router
}

/** Refuses a raw route's path or query that does not fit; its handler reads them again by its own schemas. */
function checkAddress({ describe: { params, query } }: RawRoute): RequestHandler {
  return (req, _res, next) => {
    readCall(req, { params, query, body: undefined })
    next()
  }
}

function groupMethods(routes: { path: string; method: Method }[]): Map<string, Method[]> {
  const methods = new Map<string, Method[]>()
  for (const { path, method } of routes) methods.set(path, [...(methods.get(path) ?? []), method])
  return methods
}

function refuseMethod(methods: Method[]): RequestHandler {
  const allowed = methods.flatMap((method) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]))
  return (_req, res) => {
    res.set('Allow', allowed.join(', '))
    throw new AppError('route.method_not_allowed')
  }
}
