import { z } from 'zod'
import { AMOUNT, CURRENCIES, isChargeable } from '../money.ts'

/** `topup`: more of an allowance. `goods`: a thing, sent or digital. `session`: someone's time. */
export const PRODUCT_KINDS = ['topup', 'goods', 'session'] as const
export type ProductKind = (typeof PRODUCT_KINDS)[number]

/** What a top-up adds to. */
export const TOPUP_KINDS = ['question', 'voice', 'media'] as const

/** Pieces no one has; more than this is as good as without an end. */
const MAX_STOCK = 1_000_000
const MAX_TOPUP = 100_000
/** Telegram takes no more in one payment. */
const MAX_STARS = 10_000

/** Everything a creator says of a product, with its bounds: for the pages, the API and packs. */
export const ProductFields = z.object({
  key: z
    .string()
    .regex(/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/, 'lower-case letters, digits and hyphens, at most 40')
    .describe('Names the product in packs; stays as it is.'),
  kind: z.enum(PRODUCT_KINDS),
  name: z.string().trim().min(1).max(80),
  description: z.string().trim().max(700).default(''),
  delivery: z
    .string()
    .trim()
    .max(1_500)
    .default('')
    .describe('Told to the buyer once they paid: where to download, how to book. Markdown.'),
  currency: z.enum(CURRENCIES).describe('ISO 4217, lower case.'),
  amount: z
    .int()
    .min(AMOUNT.min)
    .max(AMOUNT.max)
    .describe('In the smallest unit of the currency: 1900 for 19.00 euros.'),
  topupKind: z.enum(TOPUP_KINDS).nullable().default(null),
  topupCount: z.int().min(1).max(MAX_TOPUP).nullable().default(null),
  stars: z
    .int()
    .min(1)
    .max(MAX_STARS)
    .nullable()
    .default(null)
    .describe('What a top-up costs on Telegram, in its Stars; null: the price above, by a link.'),
  stock: z
    .int()
    .min(0)
    .max(MAX_STOCK)
    .nullable()
    .default(null)
    .describe('Pieces left; null: without an end.'),
  isShipped: z.boolean().default(false).describe('Sent to an address that is asked for when paying.'),
})
export type ProductFields = z.output<typeof ProductFields>

type Loose = Pick<
  ProductFields,
  'kind' | 'currency' | 'amount' | 'stars' | 'topupKind' | 'topupCount' | 'isShipped'
>

/** What does not fit together, by field. */
export function findMisfits(product: Loose): { field: keyof ProductFields; message: string }[] {
  const misfits: { field: keyof ProductFields; message: string }[] = []
  const isTopup = product.kind === 'topup'
  if (isTopup && product.topupKind === null)
    misfits.push({ field: 'topupKind', message: 'Say what it adds to.' })
  if (isTopup && product.topupCount === null)
    misfits.push({ field: 'topupCount', message: 'Say how many it adds.' })
  if (!isTopup && (product.topupKind !== null || product.topupCount !== null)) {
    misfits.push({ field: 'topupCount', message: 'Only a top-up adds to an allowance.' })
  }
  if (!isTopup && product.stars !== null) {
    misfits.push({ field: 'stars', message: 'Only a top-up is paid in Stars.' })
  }
  if (product.isShipped && product.kind !== 'goods') {
    misfits.push({ field: 'isShipped', message: 'Only goods are sent to an address.' })
  }
  if (!isChargeable(product)) {
    misfits.push({ field: 'amount', message: 'The last digit must be 0 in this currency.' })
  }
  return misfits
}

/** A product as it is made; what does not fit together is refused. */
export const ProductDraft = ProductFields.superRefine(refuseMisfits)
export type ProductDraft = z.output<typeof ProductDraft>

/** A product as it is changed: all but its key. */
export const ProductTerms = ProductFields.omit({ key: true }).superRefine(refuseMisfits)

function refuseMisfits(product: Loose, context: z.RefinementCtx): void {
  for (const { field, message } of findMisfits(product)) {
    context.addIssue({ code: 'custom', path: [field], message })
  }
}
