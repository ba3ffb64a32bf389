import type { LookupAddress } from 'node:dns'
import { lookup } from 'node:dns/promises'
import { BlockList, isIP, type LookupFunction } from 'node:net'

/** Everything that is no server on the internet: this machine, local networks, reserved and translated ranges. */
const PRIVATE = new BlockList()
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  // What Azure's machines are told their secrets by; of the internet only by its number.
  ['168.63.129.16', 32],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const) {
  PRIVATE.addSubnet(net, bits, 'ipv4')
}

/** Of IPv6 only what is given out on the internet is public; of that, not the ranges that carry other addresses. */
const GLOBAL_V6 = new BlockList()
GLOBAL_V6.addSubnet('2000::', 3, 'ipv6')
const CARRIERS_V6 = new BlockList()
for (const [net, bits] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const) {
  CARRIERS_V6.addSubnet(net, bits, 'ipv6')
}

/** True for an IP address that a server on the internet may have. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address)
  if (family === 4) return !PRIVATE.check(address, 'ipv4')
  if (family === 6) return GLOBAL_V6.check(address, 'ipv6') && !CARRIERS_V6.check(address, 'ipv6')
  return false
}

/** The addresses a name has, each time it is asked anew. */
export type ResolveName = (hostname: string) => Promise<LookupAddress[]>

const askSystem: ResolveName = (hostname) => lookup(hostname, { all: true })

/**
 * Resolves a name for one connection; when any of its addresses is not allowed, to none of them. What it answers is
 * what is connected to, so that a name cannot come to mean another server in between.
 *
 * @param refuse makes the error the connection then fails with.
 */
export function createPublicLookup(
  isAllowed: (address: string) => boolean,
  refuse: () => Error,
  resolve: ResolveName = askSystem,
): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname).then(
      (addresses) => {
        const [first] = addresses
        if (!first || !addresses.every(({ address }) => isAllowed(address))) return callback(refuse(), '', 0)
        if (options.all) return callback(null, addresses)
        callback(null, first.address, first.family)
      },
      (error) => callback(error, '', 0),
    )
  }
}
