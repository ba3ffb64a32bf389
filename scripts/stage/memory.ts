import { readdirSync, readFileSync } from 'node:fs'

/**
 * Proportional set size of the app, of the servers it started and of their children, in megabytes: shared
 * pages are counted once. Empty where the system has no /proc.
 */
export function readMemory(dataDir: string, appPid: number | undefined): Record<string, number> {
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
    const megabytes = readPss(pid)
    const name = nameOf(command, pid === appPid)
    sums[name] = (sums[name] ?? 0) + megabytes
    sums.all = (sums.all ?? 0) + megabytes
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

function nameOf(command: string, isApp: boolean): string {
  if (isApp) return 'app'
  if (/postgres/.test(command)) return 'postgres'
  if (/chroma/.test(command)) return 'chroma'
  return 'helpers'
}
