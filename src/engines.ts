import type { Config } from './config.ts'
import { startChroma } from './embedded/chroma.ts'
import { type InstallationAddresses, lockDataDir, readRunning } from './embedded/data-dir.ts'
import { startPostgres } from './embedded/postgres.ts'
import type { Logger } from './logger.ts'

/** The servers: those of the URLs, those of the installation that runs here, or embedded ones of our own. */
export async function openEngines(
  config: Config,
  log: Logger,
  isExclusive: boolean,
  opened: AsyncDisposableStack,
): Promise<{ addresses: InstallationAddresses; publish: (webUrl: string) => Promise<void> }> {
  const { dataDir, databaseUrl, chromaUrl } = config
  if (databaseUrl && chromaUrl) return { addresses: { databaseUrl, chromaUrl }, publish: async () => {} }

  const running = isExclusive ? undefined : await readRunning(dataDir)
  if (running) {
    const addresses = {
      databaseUrl: databaseUrl ?? running.databaseUrl,
      chromaUrl: chromaUrl ?? running.chromaUrl,
    }
    return { addresses, publish: async () => {} }
  }

  const lock = opened.use(await lockDataDir(dataDir))
  const [postgres, chroma] = await Promise.allSettled([
    databaseUrl ? undefined : startPostgres({ dataDir, log }),
    chromaUrl ? undefined : startChroma({ dataDir, log }),
  ])
  // Both are taken over before a failure of one is thrown, so that the other is stopped.
  for (const started of [postgres, chroma]) {
    if (started.status === 'fulfilled' && started.value) opened.use(started.value)
  }
  for (const started of [postgres, chroma]) if (started.status === 'rejected') throw started.reason
  const addresses = {
    databaseUrl: databaseUrl ?? (postgres.status === 'fulfilled' ? postgres.value?.url : undefined) ?? '',
    chromaUrl: chromaUrl ?? (chroma.status === 'fulfilled' ? chroma.value?.url : undefined) ?? '',
  }
  await lock.publish(addresses)
  return { addresses, publish: (webUrl) => lock.publish({ ...addresses, webUrl }) }
}
