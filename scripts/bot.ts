/** `npm run bot -- import DIR | export SLUG DIR | list`: bot packs in and out. */
import { getInstallationCreator } from '../src/accounts/creator.ts'
import { listBots } from '../src/bots/bot.ts'
import { readPack } from '../src/packs/pack.ts'
import { exportPack } from '../src/packs/pack-export.ts'
import { importPack } from '../src/packs/pack-import.ts'
import { openCommand, readWords, refuseUsage } from './command.ts'

const USAGE = 'npm run bot -- import DIR | export SLUG DIR | list'
const [action, first, second] = readWords(process.argv.slice(2))

await openCommand(async (installation) => {
  const { db } = installation
  if (action === 'list') {
    for (const bot of await listBots(db)) console.log(`${bot.slug}\t${bot.settings.name}\t${bot.id}`)
  } else if (action === 'import' && first) {
    const pack = await readPack(first)
    const done = await importPack(installation, pack, { creatorId: await getInstallationCreator(db) })
    // Beside a running installation its workers may be quicker: a Version is taken in once either way.
    await installation.ingestOpenVersions()
    const counts = `${done.added.length} added, ${done.changed.length} changed, ${done.removed.length} removed, ${done.unchanged.length} unchanged`
    console.log(`${pack.slug}: ${counts}`)
  } else if (action === 'export' && first && second) {
    await exportPack(installation, first, second)
    console.log(`${first} is in ${second}`)
  } else refuseUsage(USAGE)
})
