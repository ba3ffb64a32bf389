import type { PayLinks } from '../billing/checkout/pay-link.ts'
import type { Offer, TopupOffer } from '../billing/entitlement/offers.ts'
import { formatMoney, STARS } from '../billing/money.ts'
import { phrase } from '../bots/phrases.ts'
import type { Button, Invoice } from '../channels/channel.ts'
import { escapeMarkdown } from './escape-markdown.ts'
import type { TurnRequest } from './turn-request.ts'

export interface SellingParts {
  payLinks: PayLinks
  /** Money can be taken by link; Stars go without. */
  isSelling: boolean
}

/** Offers in words, and what is tapped to take them. Both empty where this person can buy nothing here. */
export interface PresentedOffers {
  lines: string[]
  buttons: Button[]
}

/**
 * Offers as this channel may show them: on Telegram a price that has one in Stars is asked for in Stars, and every
 * other by a link of ours that binds it to this Chat.
 *
 * @param couponCode is carried by the links.
 */
export function presentOffers(
  offers: Offer[],
  { request, language, couponCode }: { request: TurnRequest; language: string; couponCode?: string },
  { payLinks, isSelling }: SellingParts,
): PresentedOffers {
  const { chat } = request
  const shown: PresentedOffers = { lines: [], buttons: [] }
  for (const offer of offers) {
    const target = { target: 'price', targetId: offer.priceId, chatId: chat.id } as const
    const inStars = chat.channel === 'telegram' && offer.stars !== undefined ? offer.stars : undefined
    if (inStars === undefined && !isSelling) continue
    const price = priceOf(offer, inStars, language)
    // Stars are taken at once: a trial is the payment provider's.
    const trial = inStars === undefined && offer.trialDays > 0 ? offer.trialDays : 0
    const trialNote = trial > 0 ? ` (${phrase(language, 'price_trial', { days: String(trial) })})` : ''
    shown.lines.push(`- **${escapeMarkdown(offer.planName)}** – ${price}${trialNote}`)
    const label = `${offer.planName} · ${price}`
    if (inStars === undefined) {
      const url = payLinks.urlOf(target)
      shown.buttons.push({ label, url: couponCode ? `${url}?code=${encodeURIComponent(couponCode)}` : url })
    } else {
      // Telegram renews by the month alone: a year is paid once.
      const isMonthly = offer.interval === 'month'
      const payload = payLinks.tokenOf(target)
      shown.buttons.push(starsButton({ name: offer.planName, label, stars: inStars, payload, isMonthly }))
    }
  }
  return shown
}

/** What is bought on top of a plan, once: in Stars on Telegram, by a link elsewhere. */
export function presentTopups(
  topups: TopupOffer[],
  { request, language }: { request: TurnRequest; language: string },
  { payLinks, isSelling }: SellingParts,
): PresentedOffers {
  const { chat } = request
  const shown: PresentedOffers = { lines: [], buttons: [] }
  for (const { productId, name, amount, currency, stars } of topups) {
    const target = { target: 'product', targetId: productId, chatId: chat.id } as const
    const inStars = chat.channel === 'telegram' ? stars : undefined
    if (inStars === undefined && !isSelling) continue
    const price = formatMoney(
      inStars === undefined ? { amount, currency } : { amount: inStars, currency: STARS },
      language,
    )
    const label = `${name} · ${price}`
    shown.lines.push(`- **${escapeMarkdown(name)}** – ${price}`)
    shown.buttons.push(
      inStars === undefined
        ? { label, url: payLinks.urlOf(target) }
        : starsButton({ name, label, stars: inStars, payload: payLinks.tokenOf(target), isMonthly: false }),
    )
  }
  return shown
}

/** Asks for Stars. */
export function starsButton({
  name,
  label,
  ...invoice
}: { name: string; label: string } & Pick<Invoice, 'stars' | 'payload' | 'isMonthly'>): Button {
  return { label: `⭐ ${label}`, invoice: { title: name, description: label, ...invoice } }
}

function priceOf({ amount, currency, interval }: Offer, stars: number | undefined, language: string): string {
  const price = formatMoney(
    stars === undefined ? { amount, currency } : { amount: stars, currency: STARS },
    language,
  )
  return phrase(language, interval === 'year' ? 'price_year' : 'price_month', { price })
}

/** The button to card and invoices; none where nothing is sold by link. */
export function portalButton(
  request: TurnRequest,
  language: string,
  { payLinks, isSelling }: SellingParts,
): Button[] {
  if (!isSelling) return []
  const { id } = request.chat
  const url = payLinks.urlOf({ target: 'portal', targetId: id, chatId: id })
  return [{ label: phrase(language, 'portal_button'), url }]
}

/** "November 22, 2026", on the calendar of the bot's time zone. */
export function presentDate(date: Date, language: string, { settings }: TurnRequest['bot']): string {
  const timeZone = settings.quiet_hours?.time_zone ?? 'UTC'
  try {
    return new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone }).format(date)
  } catch {
    // A language code comes from a channel and may be none.
    return new Intl.DateTimeFormat('en', { dateStyle: 'long', timeZone }).format(date)
  }
}
