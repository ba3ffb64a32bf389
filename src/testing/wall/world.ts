import { randomUUID } from 'node:crypto'
import { openApiCaller } from '../api/caller.ts'
import { readServedDocument, type ServedDocument } from '../api/document.ts'
import { startTestApp, type TestApp } from '../app.ts'
import { addFurnishedCreator } from '../builders/furnished-creator.ts'
import { type SignedInTester, signUpTester } from '../signed-in.ts'
import type { WallIds } from './cases.ts'
import { listMountedRoutes, type MountedRoute } from './mounted-routes.ts'
import { listTenantIds, unknownIds } from './tenant-ids.ts'

/** An installation with two creators, and everyone who might try the wall from the first one's side. */
export interface WallWorld extends AsyncDisposable {
  app: TestApp
  served: ServedDocument
  routes: MountedRoute[]
  ids: WallIds
  mine: string
  theirs: string
  /** Stands in everything the other creator has. */
  canary: string
  owner: SignedInTester
  viewer: SignedInTester
  apiKey: string
  readOnlyKey: string
}

export async function openWallWorld(): Promise<WallWorld> {
  await using opened = new AsyncDisposableStack()
  // No worker and no scheduler: nothing changes a row but the requests.
  const env = { API_REQUESTS_PER_MINUTE: '1000000', ROLES: 'web', TELEGRAM_API_ROOT: 'http://127.0.0.1:9' }
  const app = opened.use(await startTestApp({ env }))
  const { db } = app.app.installation
  const canary = `canary${randomUUID().slice(0, 8)}`
  const a = await addFurnishedCreator(app, `own${randomUUID().slice(0, 8)}`)
  const b = await addFurnishedCreator(app, canary)
  const theirs = await listTenantIds(db, b)
  const served = await readServedDocument(app.url)
  const scopes = served.operations.flatMap(({ scope }) => (scope?.endsWith(':read') ? [scope] : []))
  const world = {
    ...{ app, served, canary, mine: a.creatorId, theirs: b.creatorId },
    routes: await listMountedRoutes(app.url),
    ids: { mine: await listTenantIds(db, a), theirs, nobodys: unknownIds(theirs) },
    owner: await signUpTester(app, { creatorId: a.creatorId }),
    viewer: await signUpTester(app, { creatorId: a.creatorId, role: 'viewer' }),
    apiKey: (await openApiCaller(app, a.creatorId)).key,
    readOnlyKey: (await openApiCaller(app, a.creatorId, [...new Set(scopes)])).key,
  }
  const owned = opened.move()
  return { ...world, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}
