/** A node without a window: starts it, prints where it is, and ends it in order on SIGTERM or SIGINT. */
import type { Config } from './config'
import { createLogger } from './logging'
import { startNode } from './node'
import { FolderInUse } from './storage/lock'
import { StorageDamaged } from './storage/ports'

/** Exit codes that scripts may rely on. */
export const EXIT = { ok: 0, failed: 1, usage: 2, folderInUse: 3, damaged: 4 } as const

/** After this the process ends, come what may (the contract says 5 s). */
const STOP_DEADLINE_MS = 4_500

export async function runHeadless(config: Config): Promise<void> {
  const log = createLogger(config)
  try {
    const node = await startNode(config, { log })
    // Not JSON: for the person who typed the command; scripts read the "ready" event.
    if (process.stdout.isTTY) process.stdout.write(`\n  Raft3D is running: ${node.apiUrl}\n\n`)
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop(signal))

    async function stop(signal: string): Promise<void> {
      log.info({ event: 'stopping', signal }, 'stopping')
      setTimeout(() => process.exit(EXIT.failed), STOP_DEADLINE_MS).unref()
      await node.stop()
      log.info({ event: 'stopped' }, 'stopped')
      process.exit(EXIT.ok)
    }
  } catch (error) {
    process.exit(explain(error))
  }
}

/** One line on stderr that says what is wrong and what to do; returns the exit code. */
export function explain(error: unknown): number {
  if (error instanceof FolderInUse) {
    process.stderr.write(`raft3d: ${error.message}\n`)
    return EXIT.folderInUse
  }
  if (error instanceof StorageDamaged) {
    process.stderr.write(`raft3d: the data folder is damaged. ${error.message}\n`)
    return EXIT.damaged
  }
  const message =
    error instanceof Error
      ? (error as NodeJS.ErrnoException).code
        ? error.message
        : (error.stack ?? error.message)
      : String(error)
  process.stderr.write(`raft3d: ${message}\n`)
  return EXIT.failed
}
