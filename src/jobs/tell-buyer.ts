import { postponeNotice, type TellBuyerParts, tellBuyer } from '../coaching/order-notice.ts'
import {
  presentOrderConfirmedMail,
  presentOrderRefundedMail,
  presentOrderShippedMail,
} from '../mail/mails.ts'
import type { JobHandlers, JobQueue } from './job.ts'

const MAILS = {
  paid: presentOrderConfirmedMail,
  shipped: presentOrderShippedMail,
  refunded: presentOrderRefundedMail,
  sold_out: presentOrderRefundedMail,
}

/** Tells a buyer what happened to their order, once. */
export function createTellBuyer(
  parts: Omit<TellBuyerParts, 'mails'> & { jobs: JobQueue },
): JobHandlers['tell-buyer'] {
  return async (notice) => {
    try {
      const chatId = await tellBuyer({ ...parts, mails: MAILS }, notice)
      if (chatId !== undefined) await parts.jobs.add('send-parts', { chatId })
    } catch (error) {
      await postponeNotice(parts.db, notice)
      throw error
    }
  }
}
