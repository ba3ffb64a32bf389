import { randomUUID } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { getInstallationCreator } from '../accounts/creator.ts'
import { findBotBySlug } from '../bots/bot.ts'
import { readPack } from './pack.ts'
import { importPack } from './pack-import.ts'

type NewPackParts = Parameters<typeof importPack>[0] & { botsDir: string }

/** Packs in `botsDir` whose bot is not known yet become the installation's own; returns how many. A faulty one is said, not fatal. */
export async function importNewPacks({ botsDir, ...parts }: NewPackParts): Promise<number> {
  const { db, log } = parts
  let imported = 0
  const entries = await readdir(botsDir, { withFileTypes: true }).catch(() => [])
  for (const entry of entries.filter((candidate) => candidate.isDirectory())) {
    try {
      const pack = await readPack(join(botsDir, entry.name))
      if (await findBotBySlug(db, pack.slug)) continue
      await importPack(parts, pack, { creatorId: await getInstallationCreator(db) })
      log.info({ slug: pack.slug }, 'pack-imported')
      imported++
    } catch (err) {
      log.error({ err, pack: entry.name, errorId: randomUUID() }, 'pack-refused')
    }
  }
  return imported
}
