import type { Block } from '../../extraction/block.ts'
import { EXTRACT_LIMITS } from '../../extraction/limits.ts'
import { BlockSink } from '../../extraction/sink.ts'
import { sniff } from '../../extraction/sniff.ts'

/** Reads in this process: for files that are known to be harmless. */
export async function extractHere(
  fileName: string,
  content: string | Buffer,
): Promise<{ mediaType: string; title?: string; blocks: Block[] }> {
  const source = { bytes: Buffer.from(content), fileName, limits: EXTRACT_LIMITS }
  const { mediaType, load } = await sniff(source)
  const sink = new BlockSink(EXTRACT_LIMITS.textCharacters)
  const reader = await load()
  const { title } = await reader(source, sink)
  return { mediaType, blocks: sink.blocks, ...(title !== undefined && { title }) }
}
