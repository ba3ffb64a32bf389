import type { StripeLife } from './life.ts'
import type { StripeStore } from './store.ts'
import type { Emit } from './take-back.ts'
import type { StripeKind } from './templates.ts'
import type { StripeEventObject } from './webhook-post.ts'

export interface StripeState {
  store: StripeStore
  life: StripeLife
  events: StripeEventObject[]
  emit: Emit
  nowSeconds: () => number
  url: string
}

export class StripeRefusal extends Error {
  readonly status: number
  readonly code: string
  readonly param: string | undefined

  constructor(status: number, code: string, message: string, param?: string) {
    super(message)
    this.status = status
    this.code = code
    this.param = param
  }
}

/** @throws {StripeRefusal} as the vendor words a missing object. */
export function must<Kind extends StripeKind>(store: StripeStore, kind: Kind, id: unknown, param?: string) {
  const found = store.find(kind, id)
  if (found) return found
  throw new StripeRefusal(
    param ? 400 : 404,
    'resource_missing',
    `No such ${kind}: '${String(id)}'`,
    param ?? 'id',
  )
}
