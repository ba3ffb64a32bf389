import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { Router } from 'express'
import { z } from 'zod'
import type { PhotoLinks } from '../billing/products/photo-link.ts'
import { findPhoto } from '../billing/products/product.ts'
import type { Db } from '../db/database.ts'
import { AppError } from '../errors.ts'
import type { FileStore } from '../files/file-store.ts'

interface PhotoParts {
  db: Db
  files: FileStore
  photoLinks: PhotoLinks
}

const Path = z.object({ token: z.string().max(100) })

/** An address shows one photo for ever: another one has another address. A day suits whoever takes it down. */
const MAX_AGE_SECONDS = 86_400

/**
 * Photos of products at `/photos/<token>`, for everyone who was given the address: a messenger fetches them without
 * signing in. They were checked to be pictures when they came, and a browser takes them for nothing else.
 */
export function photoRoutes({ db, files, photoLinks }: PhotoParts): Router {
  const router = Router()
  router.get('/photos/:token', async (req, res) => {
    const named = photoLinks.read(Path.parse(req.params).token)
    const photo = named && (await findPhoto(db, named.productId))
    if (!photo || photoLinks.versionOf(photo.key) !== named?.version) throw new AppError('product.not_found')
    await using file = await files.openLocal(photo.key)
    res.set({
      'Content-Type': photo.type,
      'X-Content-Type-Options': 'nosniff',
      'Content-Security-Policy': "default-src 'none'; sandbox",
      'Cross-Origin-Resource-Policy': 'cross-origin',
      'Cache-Control': `public, max-age=${MAX_AGE_SECONDS}`,
    })
    // A reader who leaves is no failure of ours.
    await pipeline(createReadStream(file.path), res).catch(() => res.destroy())
  })
  return router
}
