/**
 * The few file operations the stores need. Every byte that the log store and the snapshot store read or write
 * passes here, so a simulator can put a disk of its own in the place of the real one.
 *
 * What survives a power cut: bytes covered by a barrier that has returned (`datasync`, `writeDurable`), under
 * names covered by a `syncDirectory` that has returned. Nothing else may be counted on.
 */

export interface DiskFile {
  readonly path: string
  /** Writes all of `data` at `position`. Not durable before the next barrier. */
  write(data: Uint8Array, position: number): Promise<void>
  /** Barrier over everything written to this file, its size included. */
  datasync(): Promise<void>
  /** `write`, then `datasync`, as one step where the operating system has one. */
  writeDurable(data: Uint8Array, position: number): Promise<void>
  /** At most `length` bytes from `position`; fewer only at the end of the file. */
  read(position: number, length: number): Promise<Buffer>
  truncate(size: number): Promise<void>
  size(): Promise<number>
  close(): Promise<void>
}

export interface Disk {
  /** Creates a file that must not exist yet, readable and writable by its owner only. */
  create(path: string): Promise<DiskFile>
  /** Opens a file that must exist. */
  open(path: string, access: 'read' | 'readWrite'): Promise<DiskFile>
  /** Names in `dir`, sorted; empty when there is no such folder. */
  list(dir: string): Promise<readonly string[]>
  /** Creates `dir` and what lacks above it. */
  mkdir(dir: string): Promise<void>
  /** Replaces `to`. Neither name may be open on Windows. */
  rename(from: string, to: string): Promise<void>
  unlink(path: string): Promise<void>
  /** Barrier over the names in `dir`. Does nothing where the platform has no such thing. */
  syncDirectory(dir: string): Promise<void>
  /** Bytes that this user may still write on the file system of `dir`. */
  freeBytes(dir: string): Promise<number>
}

const codeOf = (error: unknown): unknown =>
  typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined

export const isDiskFull = (error: unknown): boolean => {
  const code = codeOf(error)
  return code === 'ENOSPC' || code === 'EDQUOT'
}

/** The medium could not give back what it holds. */
export const isUnreadable = (error: unknown): boolean => codeOf(error) === 'EIO'
