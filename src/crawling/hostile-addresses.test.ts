import { createServer as createHttpServer, get } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AppError } from '../errors.ts'
import { createAddressGuard } from './address-guard.ts'
import { isPublicAddress, type ResolveName } from './public-address.ts'
import { readTypedAddress } from './web-address.ts'
import { createWebFetch } from './web-fetch.ts'

/** Short, so that what hangs is seen to hang at once. */
const LIMITS = { maxBytes: 10_000, totalMs: 400, idleMs: 400 }

/** Ways to write this machine, private networks and the places clouds tell secrets at. PORT is the canary's. */
const HOSTILE = [
  'http://127.0.0.1:PORT/',
  'http://127.1:PORT/',
  'http://127.0.1:PORT/',
  'http://2130706433:PORT/',
  'http://0x7f000001:PORT/',
  'http://0x7f.1:PORT/',
  'http://0x7f.0x0.0x0.0x1:PORT/',
  'http://0177.0.0.1:PORT/',
  'http://017700000001:PORT/',
  'http://0177.0x0.1:PORT/',
  'http://127.0.0.1.:PORT/',
  'http://127.255.255.254:PORT/',
  'http://①②⑦.⓪.⓪.①:PORT/',
  'http://１２７.０.０.１:PORT/',
  'http://127。0。0。1:PORT/',
  'http://%31%32%37.0.0.1:PORT/',
  'http://0:PORT/',
  'http://0.0.0.0:PORT/',
  'http://0.1.2.3:PORT/',
  'http://localhost:PORT/',
  'http://LOCALHOST.:PORT/',
  'http://[::1]:PORT/',
  'http://[0:0:0:0:0:0:0:1]:PORT/',
  'http://[::]:PORT/',
  'http://[::127.0.0.1]:PORT/',
  'http://[::ffff:127.0.0.1]:PORT/',
  'http://[::ffff:7f00:1]:PORT/',
  'http://[0:0:0:0:0:ffff:7f00:1]:PORT/',
  'http://[64:ff9b::7f00:1]:PORT/',
  'http://[64:ff9b:1::7f00:1]:PORT/',
  'http://[2002:7f00:1::]:PORT/',
  'http://[2001:0:7f00:1::]:PORT/',
  'http://[fe80::1]:PORT/',
  'http://[fec0::1]:PORT/',
  'http://[fc00::1]:PORT/',
  'http://[fd00::1]:PORT/',
  'http://[fd00:ec2::254]:PORT/latest/meta-data/',
  'http://[ff02::1]:PORT/',
  'http://[2001:db8::1]:PORT/',
  'http://169.254.169.254:PORT/latest/meta-data/',
  'http://0xa9fea9fe:PORT/',
  'http://2852039166:PORT/',
  'http://169.254.170.2:PORT/v2/credentials',
  'http://100.100.100.200:PORT/latest/meta-data/',
  'http://168.63.129.16:PORT/metadata/',
  'http://192.0.0.192:PORT/opc/v1/',
  'http://10.0.0.1:PORT/',
  'http://10.255.255.255:PORT/',
  'http://172.16.0.1:PORT/',
  'http://172.31.255.254:PORT/',
  'http://192.168.1.1:PORT/',
  'http://100.64.0.1:PORT/',
  'http://198.18.0.1:PORT/',
  'http://224.0.0.1:PORT/',
  'http://255.255.255.255:PORT/',
  'http://metadata.google.internal:PORT/computeMetadata/v1/',
  'http://127.0.0.1.nip.io:PORT/',
  'http://intranet:PORT/',
  'http://both.example:PORT/',
  'http://mapped.example:PORT/',
  'http://user:secret@127.0.0.1:PORT/',
  'http://example.org@127.0.0.1:PORT/',
  'http://127.0.0.1:PORT\\@example.org/',
  'https://127.0.0.1:PORT/',
  'file:///etc/passwd',
  'gopher://127.0.0.1:PORT/_GET',
  'ftp://127.0.0.1:PORT/',
  'dict://127.0.0.1:PORT/info',
  'data:text/html,<p>x</p>',
  'javascript:fetch("http://127.0.0.1:PORT/")',
  'view-source:http://127.0.0.1:PORT/',
  '//127.0.0.1:PORT/',
  '127.0.0.1:PORT',
  'http:127.0.0.1:PORT',
  'http:///127.0.0.1:PORT/',
]

/** What the names above mean to a resolver that is in the attacker's hands. */
const NAMES: Record<string, string[]> = {
  localhost: ['127.0.0.1', '::1'],
  'metadata.google.internal': ['169.254.169.254'],
  '127.0.0.1.nip.io': ['127.0.0.1'],
  intranet: ['10.1.2.3'],
  'both.example': ['93.184.216.34', '127.0.0.1'],
  'mapped.example': ['::ffff:127.0.0.1'],
}
const toAnswer = (addresses: string[]) =>
  addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
const resolveHostile: ResolveName = async (name) => toAnswer(NAMES[name] ?? ['127.0.0.1'])

let canaries: Server[]
let port: number
let connections = 0
beforeAll(async () => {
  const open = (host: string, at: number) =>
    new Promise<Server | undefined>((resolve) => {
      const server = createServer((socket) => {
        connections += 1
        socket.on('error', () => {})
        socket.end('HTTP/1.1 200 OK\r\ncontent-length: 6\r\nconnection: close\r\n\r\ncanary')
      })
      server.once('error', () => resolve(undefined))
      server.listen({ port: at, host }, () => resolve(server))
    })
  const main = await open('127.0.0.1', 0)
  if (!main) throw new Error('no canary')
  port = (main.address() as AddressInfo).port
  // The whole of 127/8 and IPv6, where the machine has them.
  const others = [await open('::1', port), await open('127.255.255.254', port)]
  canaries = [main, ...others].filter((server) => server !== undefined)
})
afterAll(() => {
  for (const canary of canaries) canary.close()
})

const fill = (address: string) => address.replaceAll('PORT', String(port))

function createFetch(resolve: ResolveName = resolveHostile, allowPrivate: string[] = []) {
  // Ports stand in no one's way here: the address alone is to be the reason.
  const ports = { 'http:': port, 'https:': port }
  return createWebFetch({ guard: createAddressGuard({ allowPrivate, ports, resolve }), userAgent: 'Test' })
}

/** How a fetch ended: a code, or the status of an answer. */
async function outcomeOf(address: string, fetch = createFetch()): Promise<string> {
  try {
    using answer = await fetch(readTypedAddress(address), { accept: '*/*', limits: LIMITS })
    return `HTTP ${answer.status}`
  } catch (error) {
    return error instanceof AppError ? error.code : String(error)
  }
}

describe('a hostile address', () => {
  it('reaches nothing, however it is written', async ({ annotate }) => {
    const before = connections
    const outcomes = await Promise.all(HOSTILE.map((address) => outcomeOf(fill(address))))

    expect(HOSTILE.map((address, at) => [address, outcomes[at]])).toEqual(
      HOSTILE.map((address) => [address, expect.stringMatching(/^web_address\.(refused|invalid)$/)]),
    )
    expect(connections - before).toBe(0)
    await annotate(`${HOSTILE.length} addresses, 0 connections`)
  })

  it('would have reached the canary without the guard', async () => {
    const before = connections
    const unguarded = (address: string) =>
      new Promise<void>((resolve) => {
        const { hostname } = new URL(address)
        const call = get({ hostname: hostname.replace(/^\[|\]$/g, ''), port, timeout: 500 }, (answer) => {
          answer.resume().on('end', resolve)
        })
        call.on('error', () => resolve())
        call.on('timeout', () => call.destroy())
      })
    for (const address of ['http://127.1:PORT/', 'http://0x7f.1:PORT/', 'http://2130706433:PORT/']) {
      await unguarded(fill(address))
    }
    expect(connections - before).toBe(3)
  })

  it('is refused behind a redirection, at every hop', async () => {
    const asked: string[] = []
    const site = createHttpServer((request, response) => {
      asked.push(request.url ?? '')
      const target = new URL(request.url ?? '', 'http://x').searchParams.get('to') ?? ''
      response.writeHead(302, { location: Buffer.from(target).toString('latin1') }).end()
    })
    await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve))
    const sitePort = (site.address() as AddressInfo).port
    const fetch = createFetch(resolveHostile, [`127.0.0.1:${sitePort}`])
    const start = (to: string) => `http://127.0.0.1:${sitePort}/?to=${encodeURIComponent(fill(to))}`
    // The others are relative to the site.
    const targets = HOSTILE.filter((address) => /^https?:\/\//.test(address))
    const before = connections

    const outcomes = await Promise.all(targets.map((to) => outcomeOf(start(to), fetch)))
    const twice = await outcomeOf(start(start('http://127.0.0.1:PORT/')), fetch)
    site.close()

    expect(asked.length).toBe(targets.length + 2)
    expect(new Set([...outcomes, twice])).toEqual(new Set(['web_address.refused', 'web_address.invalid']))
    expect(connections - before).toBe(0)
  })

  it('gains nothing from a name that means one server when it is looked at and another when it is used', async () => {
    let asked = 0
    // Public to whoever looks first, this machine to whoever comes second: every connection asks but once.
    const rebinding: ResolveName = async () =>
      asked++ % 2 === 0 ? toAnswer(['93.184.216.34']) : toAnswer(['127.0.0.1'])
    const fetch = createFetch(rebinding)
    const before = connections

    const outcomes = []
    for (let at = 0; at < 4; at += 1)
      outcomes.push(await outcomeOf(fill('http://rebind.example:PORT/'), fetch))

    expect(asked).toBe(4)
    expect(outcomes.filter((outcome) => outcome === 'web_address.refused')).toHaveLength(2)
    expect(outcomes).not.toContain('HTTP 200')
    expect(connections - before).toBe(0)
  })

  it('is asked where whoever runs the installation allows that very server, and no other', async () => {
    const fetch = createFetch(resolveHostile, [`127.0.0.1:${port}`])
    const before = connections

    const allowed = await outcomeOf(fill('http://127.1:PORT/'), fetch)
    const others = await Promise.all(
      ['http://localhost:PORT/', 'http://127.0.0.2:PORT/', 'http://[::1]:PORT/'].map((address) =>
        outcomeOf(fill(address), fetch),
      ),
    )

    expect(allowed).toBe('HTTP 200')
    expect(others).toEqual(Array(3).fill('web_address.refused'))
    expect(connections - before).toBe(1)
  })
})

describe('a port of its own', () => {
  it.each([
    'http://example.org:22/',
    'http://example.org:6379/',
    'https://example.org:80/',
    'example.org:8080',
  ])('%s is refused before anyone is asked', (address) => {
    const guard = createAddressGuard({ allowPrivate: [] })
    expect(() => guard.check(readTypedAddress(address))).toThrow(
      expect.objectContaining({ code: 'web_address.invalid' }),
    )
  })

  it.each([
    'http://example.org/',
    'https://example.org/',
    'https://93.184.216.34/',
    'https://[2606:2800:220:1::1]/',
  ])('%s is not', (address) => {
    expect(() => createAddressGuard({ allowPrivate: [] }).check(readTypedAddress(address))).not.toThrow()
  })
})

describe('isPublicAddress', () => {
  it.each(['8.8.8.8', '172.32.0.1', '172.15.0.1', '100.63.255.255', '100.128.0.1', '2a00:1450::1'])(
    '%s is one',
    (address) => expect(isPublicAddress(address)).toBe(true),
  )
  it.each([
    '',
    'example.org',
    '127.0.0.1',
    '::ffff:8.8.8.8',
    '64:ff9b::808:808',
    '2002:808:808::',
    '3fff::1',
  ])('%s is none', (address) => expect(isPublicAddress(address)).toBe(false))
})
