import type { Readable } from 'node:stream'
import type { Request } from 'express'
import type { Actor } from '../accounts/access.ts'
import { MAX_PHOTO_BYTES, readPhotoType } from '../billing/products/photo-check.ts'
import { setProductPhoto } from '../billing/products/product.ts'
import { AppError } from '../errors.ts'
import { lockFile, removeUnusedFiles } from '../knowledge/documents/unused-files.ts'
import type { AdminParts } from './admin/admin-parts.ts'
import { readMultipart } from './multipart.ts'

interface PhotoTarget {
  actor: Actor
  botId: string
  productId: string
}

type Photo = { key: string; type: string }

/** Photos of products come in: stored, looked at, and only then put on the product. */
export function createProductPhotos({ within, db, files }: Pick<AdminParts, 'within' | 'db' | 'files'>) {
  async function set({ actor, ...target }: PhotoTarget, photo: Photo | null): Promise<void> {
    const { creatorId } = actor
    const before = await within(creatorId, async (trx) => {
      if (photo) {
        await lockFile(trx, photo.key)
        // Whoever removed the same bytes just before leaves none: the sender tries again.
        await using _ = await files.openLocal(photo.key)
      }
      return setProductPhoto(trx, actor, { ...target, creatorId, photo })
    })
    if (before) await removeUnusedFiles(db, files, creatorId, [before])
  }

  async function take(target: PhotoTarget, source: Readable): Promise<void> {
    const { creatorId } = target.actor
    const { key } = await files.write(creatorId, source, { maxBytes: MAX_PHOTO_BYTES }).catch((cause) => {
      const isTooLarge = cause instanceof AppError && cause.code === 'document.too_large'
      throw isTooLarge ? new AppError('product.photo_unusable') : cause
    })
    try {
      await set(target, { key, type: await readType(key) })
    } catch (error) {
      await removeUnusedFiles(db, files, creatorId, [key])
      throw error
    }
  }

  async function readType(key: string): Promise<string> {
    await using file = await files.openLocal(key)
    return readPhotoType(file.path)
  }

  return {
    /** @throws {AppError} `product.not_found`, `file.missing`. */
    set,
    /** @throws {AppError} `product.photo_unusable`, and what {@link set} throws. */
    take,
    /**
     * Takes the one photo of a form.
     *
     * @throws {AppError} `product.photo_unusable` where none was chosen, too; what `checkToken` throws.
     */
    async takeForm(
      req: Request,
      { checkToken, ...target }: PhotoTarget & { checkToken?: (token: string | undefined) => void },
    ): Promise<void> {
      let isTaken = false
      const bounds = { files: 1, fileBytes: MAX_PHOTO_BYTES }
      await readMultipart(req, bounds, {
        onField(name, value) {
          if (name === '_csrf') checkToken?.(value)
        },
        async onFile({ fileName, source }) {
          checkToken?.(undefined)
          if (fileName === '') return
          await take(target, source)
          isTaken = true
        },
      })
      if (!isTaken) throw new AppError('product.photo_unusable')
    },
  }
}
