import { parseMoney, writeAmount } from '../../../billing/money.ts'
import type { Product } from '../../../billing/products/product.ts'
import { ProductDraft, ProductFields } from '../../../billing/products/shape.ts'
import { readField } from '../form-field.ts'

/** A product as the fields of its form. */
export interface ProductForm {
  name: string
  kind: string
  description: string
  delivery: string
  amount: string
  currency: string
  /** '' has no end. */
  stock: string
  /** What the editor saw when they opened the form. */
  stockSeen: string
  isShipped: boolean
  topupKind: string
  topupCount: string
  /** '' where a link is used on Telegram, too. */
  stars: string
}

export function emptyProductForm(kind: string): ProductForm {
  return {
    ...{ name: '', kind, description: '', delivery: '', amount: '', currency: 'eur' },
    ...{
      stock: '',
      stockSeen: '',
      isShipped: kind === 'goods',
      topupKind: 'question',
      topupCount: '',
      stars: '',
    },
  }
}

export function presentProductForm(product: Product): ProductForm {
  const stock = product.stock === null ? '' : String(product.stock)
  return {
    ...{ name: product.name, kind: product.kind, description: product.description },
    ...{ delivery: product.delivery, amount: writeAmount(product), currency: product.currency },
    ...{ stock, stockSeen: stock, isShipped: product.isShipped },
    topupKind: product.topupKind ?? 'question',
    topupCount: product.topupCount === null ? '' : String(product.topupCount),
    stars: product.stars === null ? '' : String(product.stars),
  }
}

/** More than any field holds, so that what is too long is told, not cut. */
const MAX_TEXT = 4_000

/** The form as it was sent: anything may be in it. */
export function readProductForm(body: unknown): ProductForm {
  const read = (name: string) => readField(body, name, MAX_TEXT).trim()
  return {
    ...{
      name: read('name'),
      kind: read('kind'),
      description: read('description'),
      delivery: read('delivery'),
    },
    ...{ amount: read('amount'), currency: read('currency'), stock: read('stock') },
    ...{ stockSeen: read('stockSeen'), isShipped: read('isShipped') === 'yes' },
    ...{ topupKind: read('topupKind'), topupCount: read('topupCount'), stars: read('stars') },
  }
}

export type CheckedProduct =
  | { draft: ProductDraft; stockSeen: number | null; errors?: undefined }
  | { errors: Record<string, string> }

const WORDS: Record<string, string> = {
  name: 'Give it a name of at most 80 characters.',
  kind: 'Choose what it is.',
  description: 'At most 700 characters.',
  delivery: 'At most 1,500 characters.',
  currency: 'Choose a currency.',
  stock: 'A whole number, or empty for as many as are wanted.',
  topupCount: 'A whole number of at least 1.',
  stars: 'A whole number from 1 to 10,000, or empty.',
}

/** `key` names a product that there is; a new one is named after its name. */
export function checkProductForm(form: ProductForm, key?: string): CheckedProduct {
  const amount = parseMoney(form.amount, form.currency)
  if (amount === undefined) {
    return { errors: { ...checkRest(form, key), amount: 'Write a price, like 19 or 19.90.' } }
  }
  const parsed = ProductDraft.safeParse(toFields(form, { key, amount }))
  if (!parsed.success) return { errors: describeIssues(parsed.error.issues) }
  return { draft: parsed.data, stockSeen: readCount(form.stockSeen) }
}

function checkRest(form: ProductForm, key: string | undefined): Record<string, string> {
  const parsed = ProductFields.safeParse(toFields(form, { key, amount: 1 }))
  return parsed.success ? {} : describeIssues(parsed.error.issues)
}

function toFields(form: ProductForm, { key, amount }: { key: string | undefined; amount: number }) {
  const isTopup = form.kind === 'topup'
  return {
    key: key ?? keyOf(form.name),
    ...{ kind: form.kind, name: form.name, description: form.description, delivery: form.delivery },
    ...{ currency: form.currency, amount },
    topupKind: isTopup ? form.topupKind : null,
    topupCount: isTopup ? readCount(form.topupCount) : null,
    stars: isTopup ? readCount(form.stars) : null,
    stock: readCount(form.stock),
    isShipped: form.kind === 'goods' && form.isShipped,
  }
}

/** `null` for an empty field, NaN for what is no number. */
function readCount(text: string): number | null {
  if (text === '') return null
  return /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
}

function describeIssues(issues: readonly { path: PropertyKey[]; message: string; code?: string }[]) {
  const errors: Record<string, string> = {}
  for (const { path, message, code } of issues) {
    const field = String(path[0] ?? 'name')
    const name = field === 'key' || field === 'topupKind' ? (field === 'key' ? 'name' : 'topupCount') : field
    errors[name] ??= code === 'custom' ? message : (WORDS[name] ?? 'This does not fit. Look at it again.')
  }
  return errors
}

const MAX_KEY = 34

/** "The sleep kit" is `the-sleep-kit-x4k2`: readable in a pack, and no other product's. */
function keyOf(name: string): string {
  const plain = name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, MAX_KEY)
    .replace(/-$/, '')
  const mark = Math.random().toString(36).slice(2, 6).padEnd(4, '0')
  return plain ? `${plain}-${mark}` : `product-${mark}`
}
