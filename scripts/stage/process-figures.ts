import { readdirSync, readFileSync } from 'node:fs'

/**
 * Proportional set size of the app, of the servers it started and of their children, in megabytes: shared
 * pages are counted once. Empty where the system has no /proc.
 */
export function readMemory(dataDir: string, appPid: number | undefined): Record<string, number> {
  return sumOver(dataDir, appPid, readPss)
}

/** Processor time the same processes have used so far, in milliseconds. */
export function readCpu(dataDir: string, appPid: number | undefined): Record<string, number> {
  return sumOver(dataDir, appPid, readCpuMs)
}

function sumOver(
  dataDir: string,
  appPid: number | undefined,
  read: (pid: number) => number,
): Record<string, number> {
  const processes = listProcesses()
  const roots = processes.filter(({ pid, command }) => pid === appPid || command.includes(dataDir))
  const family = new Set(roots.map(({ pid }) => pid))
  for (let grew = true; grew; ) {
    const children = processes.filter(({ pid, parent }) => family.has(parent) && !family.has(pid))
    for (const { pid } of children) family.add(pid)
    grew = children.length > 0
  }
  const sums: Record<string, number> = { all: 0 }
  for (const { pid, command } of processes.filter((it) => family.has(it.pid))) {
    const value = read(pid)
    const name = nameOf(command, pid === appPid)
    sums[name] = (sums[name] ?? 0) + value
    sums.all = (sums.all ?? 0) + value
  }
  return Object.fromEntries(Object.entries(sums).map(([name, value]) => [name, Math.round(value)]))
}

function listProcesses(): { pid: number; parent: number; command: string }[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => {
        try {
          const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
          const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
          const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ')
          return [{ pid: Number(name), parent, command }]
        } catch {
          return [] // It ended while we looked.
        }
      })
  } catch {
    return []
  }
}

function readPss(pid: number): number {
  try {
    const kilobytes = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]
    return Number(kilobytes ?? 0) / 1024
  } catch {
    return 0
  }
}

/** Ticks of the kernel's clock are 10 ms on every Linux there is. */
const TICK_MS = 10

function readCpuMs(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS
  } catch {
    return 0
  }
}

function nameOf(command: string, isApp: boolean): string {
  if (isApp) return 'app'
  if (/postgres/.test(command)) return 'postgres'
  if (/chroma/.test(command)) return 'chroma'
  return 'helpers'
}
