import { readFile } from 'node:fs/promises'
import type { z } from 'zod'

/** Each line of the file as the schema reads it. @throws an Error naming the line that does not fit. */
export async function readJsonLines<T>(path: string, schema: z.ZodType<T>): Promise<T[]> {
  const lines = (await readFile(path, 'utf8')).split('\n')
  return lines.flatMap((line, at) => {
    if (line.trim() === '') return []
    try {
      return [schema.parse(JSON.parse(line))]
    } catch (cause) {
      throw new Error(`${path}:${at + 1} cannot be read`, { cause })
    }
  })
}
