import { callFulfilment, type FulfilmentParts } from '../billing/fulfilment/call.ts'
import type { JobHandlers } from './job.ts'

/** Tells a bot's shop of one change of an order. */
export function createCallFulfilment(parts: FulfilmentParts): JobHandlers['call-fulfilment'] {
  return ({ callId }) => callFulfilment(parts, callId)
}
