/** A node without a window: starts it, prints where it is, and ends it in order on SIGTERM or SIGINT. */
import { BadUsage, type Config } from './config'
import { createLogger } from './logging'
import { startNode, type FarmNode } from './node'
import { IdentityDamaged } from './security/damage'
import { FolderInUse } from './storage/lock'
import { StorageDamaged } from './storage/ports'

/** Exit codes that scripts may rely on. */
export const EXIT = { ok: 0, failed: 1, usage: 2, folderInUse: 3, damaged: 4 } as const

/** After this the process ends, come what may (the contract says 5 s). */
const STOP_DEADLINE_MS = 4_500

export async function runHeadless(config: Config): Promise<void> {
  const log = createLogger(config)
  let node: FarmNode | null = null
  let stopping = false
  const starting = startNode(config, { log, onReady: (ready) => (node = ready) })
  // Again and again, for a terminal and npm each pass on the same Ctrl-C.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop(signal))

  async function stop(signal: string): Promise<void> {
    if (stopping) return
    stopping = true
    log.info({ event: 'stopping', signal }, 'stopping')
    // What is still loading has acknowledged nothing.
    setTimeout(() => process.exit(node === null ? EXIT.ok : EXIT.failed), STOP_DEADLINE_MS).unref()
    await (node ?? (await starting)).stop()
    log.info({ event: 'stopped' }, 'stopped')
    process.exit(EXIT.ok)
  }

  try {
    const { apiUrl } = await starting
    // Not JSON: for the person who typed the command; scripts read the "ready" event.
    if (process.stdout.isTTY) process.stdout.write(`\n  Raft3D is running: ${apiUrl}\n\n`)
  } catch (error) {
    // A stop ends joining too, and with it the process.
    if (stopping && node !== null) return
    const { exitCode, message } = explain(error)
    process.stderr.write(`raft3d: ${message}\n`)
    process.exit(exitCode)
  }
}

/** What is wrong and what to do, in one line where that is known, and how the process should end. */
export function explain(error: unknown): { readonly exitCode: number; readonly message: string } {
  if (error instanceof BadUsage) return { exitCode: EXIT.usage, message: error.message }
  if (error instanceof FolderInUse) return { exitCode: EXIT.folderInUse, message: error.message }
  if (error instanceof StorageDamaged) {
    return { exitCode: EXIT.damaged, message: `the data folder is damaged. ${error.message}` }
  }
  if (error instanceof IdentityDamaged) return { exitCode: EXIT.damaged, message: error.message }
  if (!(error instanceof Error)) return { exitCode: EXIT.failed, message: String(error) }
  const { code, port, path } = error as NodeJS.ErrnoException & { port?: number }
  if (code === 'EADDRINUSE') {
    return { exitCode: EXIT.failed, message: `port ${port} is in use; choose another with --api or --rpc` }
  }
  if (code === 'EACCES' || code === 'EPERM')
    return { exitCode: EXIT.failed, message: `no permission: ${path ?? error.message}` }
  return { exitCode: EXIT.failed, message: code === undefined ? (error.stack ?? error.message) : error.message }
}
