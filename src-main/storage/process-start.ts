/**
 * Tells a process from a later one with the same pid, by the time it started as the system knows it.
 */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'

const run = promisify(execFile)
const ASK_TIMEOUT_MS = 5_000
/** How far the start that a process computes for itself may lie from what the system says. */
const TOLERANCE_MS = 5_000

/** Fields of /proc/PID/stat from the third on (the second may hold anything); null where there is none. */
const linuxStat = (pid: number): string[] | null => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return null
  }
}

/** Field 22: clock ticks from boot to the start; with the boot's id, unique. */
const linuxStart = (pid: number): string | null => {
  const ticks = linuxStat(pid)?.[19]
  if (ticks === undefined) return null
  try {
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').slice(0, 8)}t${ticks}`
  } catch {
    return null
  }
}

const ownStartMs = (): number => Math.round(Date.now() - process.uptime() * 1000)

/** Start of this process, of letters and digits. */
export const processStart = (): string => linuxStart(process.pid) ?? `ms${ownStartMs()}`

/** Start of another process by the system's own tool, or null when it cannot be had. */
const askedStartMs = async (pid: number): Promise<number | null> => {
  try {
    const { stdout } =
      process.platform === 'win32'
        ? await run(
            'powershell.exe',
            ['-NoProfile', '-Command', `(Get-Process -Id ${pid}).StartTime.ToUniversalTime().ToString('o')`],
            { timeout: ASK_TIMEOUT_MS, windowsHide: true }
          )
        : await run('ps', ['-o', 'lstart=', '-p', String(pid)], {
            timeout: ASK_TIMEOUT_MS,
            env: { ...process.env, LC_ALL: 'C' }
          })
    const ms = Date.parse(stdout.trim())
    return Number.isNaN(ms) ? null : ms
  } catch {
    return null
  }
}

/** A process that has ended and waits for its parent to take notice (state Z) holds nothing any more. */
const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return linuxStat(pid)?.[0] !== 'Z'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Start of a live process in the notation of {@link processStart}, as far as it can be had. */
export const startOf = async (pid: number): Promise<string | null> => {
  const linux = linuxStart(pid)
  if (linux !== null) return linux
  const ms = await askedStartMs(pid)
  return ms === null ? null : `ms${ms}`
}

/** Whether `pid` is alive and is the process that started at `start`. In doubt: yes. */
export const isSameProcess = async (pid: number, start: string): Promise<boolean> => {
  if (!isAlive(pid)) return false
  const found = await startOf(pid)
  if (found === null || found === start) return true
  const [foundMs, recordedMs] = [found, start].map((text) => Number(/^ms(\d+)$/.exec(text)?.[1] ?? NaN))
  // NaN, hence false, when one of them is in the exact notation of Linux: that is compared above.
  return Math.abs((foundMs as number) - (recordedMs as number)) <= TOLERANCE_MS
}
