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

/** Field 22 of /proc/PID/stat: clock ticks from boot to the start; with the boot's id, unique. */
const linuxStart = (pid: number): string | null => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').slice(0, 8)
    return ticks === undefined ? null : `${boot}t${ticks}`
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

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Whether `pid` is alive and is the process that started at `start`. In doubt: yes. */
export const isSameProcess = async (pid: number, start: string): Promise<boolean> => {
  if (!isAlive(pid)) return false
  const linux = linuxStart(pid)
  if (linux !== null) return linux === start
  const recorded = /^ms(\d+)$/.exec(start)?.[1]
  const asked = await askedStartMs(pid)
  if (recorded === undefined || asked === null) return true
  return Math.abs(asked - Number(recorded)) <= TOLERANCE_MS
}
