import type { PayLinks } from '../billing/checkout/pay-link.ts'
import { formatMoney, type Money, STARS } from '../billing/money.ts'
import type { PhotoLinks } from '../billing/products/photo-link.ts'
import { listProducts, type Product } from '../billing/products/product.ts'
import { phrase } from '../bots/phrases.ts'
import type { Button } from '../channels/channel.ts'
import type { Db } from '../db/database.ts'
import type { ChannelName } from '../messaging/update.ts'
import { escapeMarkdown } from './escape-markdown.ts'
import { starsButton } from './offer-lines.ts'
import type { Reply } from './turn-request.ts'

interface ProductCardParts {
  db: Db
  payLinks: Pick<PayLinks, 'urlOf' | 'tokenOf'>
  photoLinks: Pick<PhotoLinks, 'urlOf'>
  /** False where no money can be taken: then nothing is offered. */
  isSelling: boolean
}

/** Each card is a message of its own; more would bury what was said before. */
const MAX_CARDS = 10

/** What a bot sells, a card each: photo, name, price, what it is, and the way to buy it. */
export async function presentProducts(
  { db, payLinks, photoLinks, isSelling }: ProductCardParts,
  bot: { id: string; creatorId: string },
  { chatId, channel, language }: { chatId: string; channel: ChannelName; language: string },
): Promise<Reply[]> {
  const ref = { creatorId: bot.creatorId, botId: bot.id }
  const products = isSelling ? await listProducts(db, ref, { isOnSale: true }) : []
  if (products.length === 0) return [{ kind: 'notice', markdown: phrase(language, 'products_empty') }]
  return products.slice(0, MAX_CARDS).map((product) => {
    const target = { target: 'product', targetId: product.id, chatId } as const
    // What is used within Telegram is paid in Stars there, where it has a price in them.
    const stars = channel === 'telegram' && product.kind === 'topup' ? product.stars : undefined
    const label = phrase(language, 'product_buy')
    const button = stars
      ? starsButton({ name: product.name, label, stars, payload: payLinks.tokenOf(target), isMonthly: false })
      : { label, url: payLinks.urlOf(target) }
    const price = stars ? { amount: stars, currency: STARS } : product
    return presentCard(product, { button, price, language, photoLinks })
  })
}

function presentCard(
  product: Product,
  shown: { button: Button; price: Money; language: string; photoLinks: Pick<PhotoLinks, 'urlOf'> },
): Reply {
  const { button, language, photoLinks } = shown
  const price = formatMoney(shown.price, language)
  const isSoldOut = product.stock === 0
  const { photo } = product
  return {
    kind: 'product',
    markdown: [
      `**${escapeMarkdown(product.name)}** · ${escapeMarkdown(price)}`,
      escapeMarkdown(product.description),
      isSoldOut ? `_${phrase(language, 'product_sold_out')}_` : '',
    ]
      .filter(Boolean)
      .join('\n\n'),
    buttons: isSoldOut ? [] : [button],
    ...(photo && { photo: { url: photoLinks.urlOf({ id: product.id, photo }), alt: product.name } }),
  }
}
