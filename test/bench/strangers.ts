/** What processes that do not belong to a measurement, and other guests of the same host, took of the machine meanwhile. */
import { readFileSync } from 'node:fs'

const TICKS_PER_SECOND = 100

/** CPU seconds since the machine started that were not idle, and of those the ones that the host gave to others. */
function machine(): { readonly busy: number; readonly stolen: number } {
  const [, user, nice, system, , , irq, softirq, steal] = readFileSync('/proc/stat', 'utf8').split(/\s+/).map(Number)
  return {
    busy: (user! + nice! + system! + irq! + softirq!) / TICKS_PER_SECOND,
    stolen: (steal ?? 0) / TICKS_PER_SECOND
  }
}

/** Of CPU that the process has used, all its threads together. */
export function processSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

/** Watches from the call on; the function that it gives tells how many cores strangers used, besides `pids` and us. */
export function watchStrangers(pids: readonly number[]): () => number {
  const strange = (): number => {
    const { busy, stolen } = machine()
    return busy + stolen - [...pids, process.pid].reduce((sum, pid) => sum + processSeconds(pid), 0)
  }
  const startedMs = performance.now()
  const before = strange()
  return () => (strange() - before) / ((performance.now() - startedMs) / 1000)
}
