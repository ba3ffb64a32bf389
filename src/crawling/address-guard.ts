import { isIP, type LookupFunction } from 'node:net'
import { AppError } from '../errors.ts'
import { createPublicLookup, isPublicAddress, type ResolveName } from './public-address.ts'
import { originKey } from './web-address.ts'

/** Where web servers are. Any other port is another program, which might take a request for a command. */
const PORTS = { 'http:': 80, 'https:': 443 }

export interface GuardSettings {
  /** `host:port` of servers in private networks that may be asked all the same. */
  allowPrivate: readonly string[]
  /** Where web servers are said to be, instead of at 80 and 443. */
  ports?: { 'http:': number; 'https:': number } | undefined
  /** Answers for the system's resolver. */
  resolve?: ResolveName | undefined
}

/** Decides which servers are asked. Nothing but the address that is connected to counts. */
export interface AddressGuard {
  /** @throws {AppError} `web_address.invalid` for a port of its own, `web_address.refused` for a private address. */
  check(url: URL): void
  /** Resolves the name of an address for one connection; fails with `web_address.refused`. */
  lookupOf(url: URL): LookupFunction
  /** @throws {AppError} `web_address.refused` when a connection has come to stand with a private address. */
  checkConnected(url: URL, address: string | undefined): void
}

/**
 * Keeps the crawler on the internet: this machine, private networks, the addresses clouds tell secrets by, and IPv6
 * forms that carry such an address are refused, however they are written and whatever a name resolves to.
 */
export function createAddressGuard({ allowPrivate, ports = PORTS, resolve }: GuardSettings): AddressGuard {
  const allowed = new Set(allowPrivate.map((place) => place.toLowerCase()))
  const isAllowed = (url: URL) => allowed.has(originKey(url))
  const refuse = () => new AppError('web_address.refused')
  return {
    check(url) {
      if (isAllowed(url)) return
      const port = Number(originKey(url).split(':').at(-1))
      if (port !== (url.protocol === 'https:' ? ports['https:'] : ports['http:']))
        throw new AppError('web_address.invalid')
      const host = url.hostname.replace(/^\[|\]$/g, '')
      // A name without a dot means a machine nearby.
      if (isIP(host) !== 0 ? !isPublicAddress(host) : !host.includes('.')) throw refuse()
    },
    lookupOf(url) {
      return createPublicLookup((address) => isAllowed(url) || isPublicAddress(address), refuse, resolve)
    },
    checkConnected(url, address) {
      if (!isAllowed(url) && !isPublicAddress(address ?? '')) throw refuse()
    },
  }
}
