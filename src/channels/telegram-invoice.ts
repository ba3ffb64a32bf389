import { type Api, GrammyError } from 'grammy'
import { AppError } from '../errors.ts'
import type { Invoice } from './channel.ts'
import { explainTelegramFailure } from './telegram-api.ts'
import type { TelegramPart } from './telegram-part.ts'

/** Telegram Stars have no smaller unit, and no payment provider of ours. */
const STARS = 'XTR'
const NO_PROVIDER = ''
/** The one period Telegram renews Stars for: 30 days. */
const SUBSCRIPTION_SECONDS = 2_592_000

const MAX_TITLE = 32
const MAX_DESCRIPTION = 255

/**
 * The Part with its invoices as links. Making a link is harmless when repeated, and nothing has been sent yet: so
 * whatever breaks here may be tried again. An invoice that Telegram refuses is left out.
 */
export async function resolveInvoices(api: Api, part: TelegramPart, token: string): Promise<TelegramPart> {
  if (!part.buttons.flat().some((button) => 'invoice' in button)) return part
  const rows: TelegramPart['buttons'] = []
  for (const row of part.buttons) {
    const resolved: TelegramPart['buttons'][number] = []
    for (const button of row) {
      if (!('invoice' in button)) resolved.push(button)
      else {
        const url = await createLink(api, button.invoice, token)
        if (url) resolved.push({ label: button.label, url })
      }
    }
    if (resolved.length > 0) rows.push(resolved)
  }
  return { ...part, buttons: rows }
}

async function createLink(api: Api, invoice: Invoice, token: string): Promise<string | undefined> {
  const { title, description, payload, stars, isMonthly } = invoice
  try {
    return await api.createInvoiceLink(
      cut(title, MAX_TITLE),
      cut(description, MAX_DESCRIPTION),
      payload,
      NO_PROVIDER,
      STARS,
      [{ label: cut(title, MAX_TITLE), amount: stars }],
      isMonthly ? { subscription_period: SUBSCRIPTION_SECONDS } : {},
    )
  } catch (error) {
    if (error instanceof GrammyError && error.error_code === 400) return undefined
    const failure = explainTelegramFailure(error, token)
    throw failure.code === 'channel.doubtful' ? new AppError('channel.unreachable', failure.details) : failure
  }
}

function cut(text: string, max: number): string {
  return text.length <= max
    ? text
    : `${text
        .slice(0, max - 1)
        .toWellFormed()
        .replace(/\uFFFD$/, '')}…`
}
