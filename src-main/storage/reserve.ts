/**
 * Room at the end of a segment file: zeros that are durable before records come to stand in their place. A record
 * written there changes neither the file's size nor what the file system has to remember of it, so its barrier has
 * its own bytes to wait for and no journal: about half the time of a record that makes the file longer.
 *
 * Invariant: from the end of the last record to the end of the file there are only zeros, and no record is written
 * where zeros are still on their way. A disk too full for a reserve is no failure: records then make the file longer.
 */
import { isDiskFull, type DiskFile } from './disk'

export const RESERVE_BYTES = 256 * 1024
/** Where a reserve ends: with a page, and so with a sector. */
const PAGE_BYTES = 4096

const ZEROS = Buffer.alloc(RESERVE_BYTES)

export class Reserve {
  #filling: Promise<void> | null = null
  #failure: { readonly cause: unknown } | null = null

  constructor(
    private readonly file: DiskFile,
    /** Bytes of the file. */
    private end: number,
    /** Added at a time, a page at least and RESERVE_BYTES at most; 0: none. */
    private stepBytes: number,
    /** The reserve never reaches beyond this. */
    private readonly limitBytes: number
  ) {}

  /** Whether anything stands behind a record that ends at `position`. */
  isBehind(position: number): boolean {
    return this.end > position
  }

  /** Null: a record that ends at `position` may be written now. Otherwise wait; rejects as the disk does. */
  wait(position: number): Promise<void> | null {
    if (this.#failure !== null) return Promise.reject(this.#failure.cause)
    return this.#filling !== null && position > this.end
      ? this.#filling.then(() => this.wait(position) ?? undefined)
      : null
  }

  /** A record that ends at `position` is durable; makes room for more when half of the last step is used up. */
  used(position: number): void {
    const { stepBytes } = this
    if (position > this.end) this.end = position
    if (stepBytes === 0 || this.#filling !== null || this.end - position > stepBytes / 2) return
    if (this.end + stepBytes <= this.limitBytes) this.#filling = this.#fill()
  }

  /** No zeros are on their way any more. */
  async settle(): Promise<void> {
    this.stepBytes = 0
    await this.#filling
  }

  async #fill(): Promise<void> {
    const wanted = this.end + this.stepBytes
    const to = wanted - (wanted % PAGE_BYTES)
    try {
      await this.file.writeDurable(ZEROS.subarray(0, to - this.end), this.end)
      this.end = to
    } catch (cause) {
      if (isDiskFull(cause)) this.stepBytes = 0
      else this.#failure = { cause }
    }
    this.#filling = null
  }
}
