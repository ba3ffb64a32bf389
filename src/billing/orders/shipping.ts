import { z } from 'zod'
import type { SealedColumn } from '../../accounts/key-rotation.ts'
import type { Vault } from '../../accounts/vault.ts'
import type { ShippingAddress } from '../payment-provider.ts'

const StoredAddress = z.object({
  name: z.string(),
  lines: z.array(z.string()),
  city: z.string(),
  postalCode: z.string(),
  state: z.string(),
  country: z.string(),
}) satisfies z.ZodType<ShippingAddress>

/** An address as it rests in the database: encrypted, and bound to its order. */
export function sealAddress(vault: Pick<Vault, 'seal'>, orderId: string, address: ShippingAddress): Buffer {
  return vault.seal(JSON.stringify(address), contextOf({ id: orderId }))
}

/** @throws {AppError} `vault.unreadable` when no key opens it. */
export function openAddress(vault: Pick<Vault, 'open'>, orderId: string, envelope: Buffer): ShippingAddress {
  return StoredAddress.parse(JSON.parse(vault.open(envelope, contextOf({ id: orderId }))))
}

/** The lines of an address as they stand on a parcel. */
export function presentAddress({ name, lines, postalCode, city, state, country }: ShippingAddress): string[] {
  return [name, ...lines, `${postalCode} ${city}`.trim(), state, country].filter(Boolean)
}

/** Where the addresses stand, for what seals them anew. */
export const SHIPPING_SEAL: SealedColumn<'id'> = {
  table: 'order',
  column: 'shipping',
  boundTo: ['id'],
  contextOf,
}

function contextOf({ id }: { id: string }): string {
  return `order ${id}`
}
