import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, extname } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { brotliCompress, gzip } from 'node:zlib'
import { Router } from 'express'

const ASSETS = new URL('./assets/', import.meta.url)

/** Files of packages that our pages load, by their path in the package. Served as they are, under our own address. */
const VENDOR_FILES = ['htmx.org/dist/htmx.min.js']

const MEDIA_TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
}

interface Asset {
  mediaType: string
  /** Packed for the first who asks, and kept. */
  bodies: { identity: Promise<Buffer>; br?: Promise<Buffer>; gzip?: Promise<Buffer> }
}

const PACK = { br: promisify(brotliCompress), gzip: promisify(gzip) }

const addresses = new Map<string, string>()
const assets = new Map<string, Asset>()

// Read once: they are few and small, and never change while the program runs.
for (const name of readdirSync(ASSETS)) addAsset(new URL(name, ASSETS))
const { resolve } = createRequire(import.meta.url)
for (const file of VENDOR_FILES) addAsset(pathToFileURL(resolve(file)))

function addAsset(file: URL): void {
  const name = basename(file.pathname)
  const mediaType = MEDIA_TYPES[extname(name)]
  if (!mediaType) return
  const identity = readFileSync(file)
  const hash = createHash('sha256').update(identity).digest('base64url').slice(0, 10)
  const address = `/assets/${name.replace(/(?=\.\w+$)/, `.${hash}`)}`
  addresses.set(name, address)
  assets.set(address, { mediaType, bodies: { identity: Promise.resolve(identity) } })
}

/**
 * Where an asset is served. The address carries a hash of what is in the file, so it may be kept for ever.
 *
 * @throws when there is no such file: a page names it wrongly.
 */
export function assetUrl(name: string): string {
  const address = addresses.get(name)
  if (!address) throw new Error(`There is no asset ${name}.`)
  return address
}

/** Serves the style sheets, scripts and pictures of our pages under `/assets`, from memory and packed. */
export function staticRoutes(): Router {
  const router = Router()
  router.get('/assets/:name', async (req, res, next) => {
    const asset = assets.get(req.path)
    if (!asset) return next()
    const accepted = req.acceptsEncodings('br', 'gzip', 'identity')
    const encoding = accepted === 'br' || accepted === 'gzip' ? accepted : 'identity'
    const body = await packAs(asset, encoding)
    if (encoding !== 'identity') res.set('Content-Encoding', encoding)
    res.set('Content-Type', asset.mediaType).set('Vary', 'Accept-Encoding')
    res.set('Cache-Control', 'public, max-age=31536000, immutable')
    res.send(body)
  })
  return router
}

async function packAs({ bodies }: Asset, encoding: 'br' | 'gzip' | 'identity'): Promise<Buffer> {
  if (encoding === 'identity') return bodies.identity
  bodies[encoding] ??= bodies.identity.then(PACK[encoding])
  return bodies[encoding]
}
