import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readConfig } from '../../src/config.ts'
import { type Installation, openInstallation } from '../../src/installation.ts'
import { createLogger } from '../../src/logger.ts'
import { chooseLocalWeights } from '../stage/weights.ts'
import { sentence } from './words.ts'

/** How large the base is. */
interface WordBase {
  documents: number
  /** Of each document. */
  sections: number
  wordsPerSection: number
  random: () => number
}

/**
 * An installation of its own whose only bot knows documents of made-up words, all taken in. The weights that
 * are at hand embed them; with none, only keywords are searched. Closing it removes everything it wrote.
 */
export async function openWordBase(
  base: WordBase,
): Promise<{ installation: Installation; embedding: string } & AsyncDisposable> {
  await using opened = new AsyncDisposableStack()
  const dataDir = await mkdtemp(join(tmpdir(), 'cornerman-bench-'))
  opened.defer(() => rm(dataDir, { recursive: true, force: true, maxRetries: 5 }))
  const embed = chooseLocalWeights() ?? { MODEL_EMBED: 'none' }
  await writePack(join(dataDir, 'bots', 'words'), base)
  const config = readConfig({
    DATA_DIR: dataDir,
    BOTS_DIR: join(dataDir, 'bots'),
    LOG_LEVEL: 'error',
    OLLAMA_BASE_URL: 'http://127.0.0.1:9',
    ...embed,
  })
  const installation = opened.use(await openInstallation(config, createLogger('error')))
  await installation.ingestOpenVersions()
  const owned = opened.move()
  return {
    installation,
    embedding: embed.MODEL_EMBED,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

async function writePack(
  folder: string,
  { documents, sections, wordsPerSection, random }: WordBase,
): Promise<void> {
  await mkdir(join(folder, 'knowledge'), { recursive: true })
  for (let document = 0; document < documents; document++) {
    const texts = Array.from(
      { length: sections },
      (_, section) => `## Part ${section} ${sentence(random, 3)}\n\n${sentence(random, wordsPerSection)}.\n`,
    )
    await writeFile(
      join(folder, 'knowledge', `words-${document}.md`),
      `# Words ${document}\n\n${texts.join('\n')}`,
    )
  }
  await writeFile(
    join(folder, 'bot.yaml'),
    'slug: words\nname: Words\npersona: Exact.\nlanguages: [en]\ngreeting: { en: Hello }\nno_answer: { en: No }\nsafety_line: { en: Help }\nknowledge: { keyword_weight: 0.5 }\n',
  )
}
