import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'

const MODELS = resolve(import.meta.dirname, '../../../shared/models')
const LOCAL_WEIGHTS = 'inhouse/static-en-256'

/** The environment for the small weights that lie beside the project; undefined where they do not. */
export function chooseLocalWeights(): { MODEL_EMBED: string; MODELS_DIR: string } | undefined {
  const modelsDir = process.env.MODELS_DIR ?? MODELS
  if (!existsSync(join(modelsDir, LOCAL_WEIGHTS))) return undefined
  return { MODEL_EMBED: `local:${LOCAL_WEIGHTS}`, MODELS_DIR: modelsDir }
}
