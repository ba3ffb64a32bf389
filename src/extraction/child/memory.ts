import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

const MEGABYTE = 1024 * 1024

/** Pages are 4 KB on x86-64 and most arm64 kernels; where they are larger, memory is under-counted and the heap caps hold. */
const PAGE_BYTES = 4096

/** How often a child's memory is looked at: a child fills some 50 MB in this time at worst. */
const PROC_INTERVAL_MS = 50

/** Without /proc each look starts a `ps`; the child's own heap caps cover the time between. */
const PS_INTERVAL_MS = 250

/** Resident memory of a process, or `undefined` when it is gone. */
export async function readResidentMegabytes(pid: number): Promise<number | undefined> {
  try {
    if (process.platform === 'linux') {
      const pages = (await readFile(`/proc/${pid}/statm`, 'latin1')).split(' ')[1]
      return (Number(pages) * PAGE_BYTES) / MEGABYTE
    }
    const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)])
    return Number(stdout.trim()) / 1024
  } catch {
    return undefined
  }
}

export interface MemoryWatch {
  /** The most seen so far. */
  readonly peakMegabytes: number
  stop(): void
}

/** Calls `onExceeded` once when a process holds more resident memory than the limit. */
export function watchMemory(pid: number, limitMegabytes: number, onExceeded: () => void): MemoryWatch {
  let peakMegabytes = 0
  let isLooking = false
  const look = async (): Promise<void> => {
    if (isLooking) return
    isLooking = true
    const resident = (await readResidentMegabytes(pid)) ?? 0
    isLooking = false
    peakMegabytes = Math.max(peakMegabytes, resident)
    if (resident <= limitMegabytes) return
    clearInterval(timer)
    onExceeded()
  }
  const timer = setInterval(
    () => void look(),
    process.platform === 'linux' ? PROC_INTERVAL_MS : PS_INTERVAL_MS,
  )
  timer.unref()
  return {
    get peakMegabytes() {
      return peakMegabytes
    },
    stop: () => clearInterval(timer),
  }
}
