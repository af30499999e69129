/**
 * All snapshot connections of this node. At most one comes in from a peer at a time: a newer one replaces it, and
 * waits until the older has let go of the store.
 */
import type { NodeId, Term } from '../raft/types'
import type { SnapshotReader } from '../storage/ports'
import { parseAddress } from './address'
import type { Connection } from './connection'
import type { TransportLog } from './environment'
import type { Hello } from './hello'
import { HELLO_FRAME_BYTES_MAX } from './limits'
import { openChannel, type DialContext } from './open-channel'
import { receiveSnapshotOver, type SnapshotHandlers } from './snapshot-receiving'
import { SnapshotNotSent, sendSnapshotOver } from './snapshot-sending'

export interface SnapshotTarget {
  readonly id: NodeId
  readonly rpcAddress: string
  readonly fingerprint: string
  readonly hello: Hello
}

export class SnapshotStreams {
  readonly #outgoing = new Map<NodeId, Set<(reason: string) => void>>()
  readonly #incoming = new Map<NodeId, { readonly connection: Connection; readonly ended: Promise<unknown> }>()

  constructor(
    readonly context: DialContext,
    readonly handlers: SnapshotHandlers,
    readonly log: TransportLog
  ) {}

  /** Resolves when the peer has the whole durable; rejects with SnapshotNotSent, or as the reader does. */
  async send(target: SnapshotTarget, term: Term, reader: SnapshotReader, signal: AbortSignal): Promise<void> {
    let connection: Connection | null = null
    let cancelledFor: string | null = null
    const dialling = this.#open(target)
    const cancel = (reason: string): void => {
      cancelledFor ??= reason
      dialling.cancel(reason)
      connection?.destroy(reason)
    }
    const onAbort = (): void => cancel('aborted')
    const ours = this.#outgoing.get(target.id) ?? new Set()
    this.#outgoing.set(target.id, ours)
    ours.add(cancel)
    signal.addEventListener('abort', onAbort)
    if (signal.aborted) onAbort()
    try {
      connection = await dialling.opened
      if (cancelledFor !== null) throw new SnapshotNotSent(cancelledFor)
      const { clock, limits } = this.context
      // Not left before the reader is at rest, since the caller closes it then.
      await sendSnapshotOver(connection, term, reader, clock, limits)
      connection.end()
    } catch (error) {
      connection?.destroy('the snapshot was given up')
      if (cancelledFor !== null) throw new SnapshotNotSent(cancelledFor, { cause: error })
      throw error
    } finally {
      signal.removeEventListener('abort', onAbort)
      ours.delete(cancel)
      if (ours.size === 0) this.#outgoing.delete(target.id)
    }
  }

  accept(from: NodeId, connection: Connection): void {
    const { clock, limits } = this.context
    const older = this.#incoming.get(from)
    older?.connection.destroy('replaced by a newer snapshot connection')
    const ended = receiveSnapshotOver(connection, from, this.handlers, clock, limits, older?.ended ?? Promise.resolve())
    const entry = { connection, ended }
    this.#incoming.set(from, entry)
    void ended.then((reason) => {
      if (this.#incoming.get(from) === entry) this.#incoming.delete(from)
      if (reason !== null)
        this.log.info({ event: 'snapshot_attempt_ended', from, reason }, 'a snapshot did not arrive as a whole')
    })
  }

  /** Ends all streams with this peer. */
  drop(peer: NodeId, reason: string): void {
    for (const cancel of this.#outgoing.get(peer) ?? []) cancel(reason)
    this.#incoming.get(peer)?.connection.destroy(reason)
  }

  /** Resolves when no stream uses the store any more. */
  async close(reason: string): Promise<void> {
    for (const peer of [...this.#outgoing.keys(), ...this.#incoming.keys()]) this.drop(peer, reason)
    await Promise.all(Array.from(this.#incoming.values(), ({ ended }) => ended))
  }

  #open({ id, rpcAddress, fingerprint, hello }: SnapshotTarget): Dialling {
    const address = parseAddress(rpcAddress)
    if (address === null)
      return { opened: Promise.reject(new SnapshotNotSent(`${id} has no address to dial`)), cancel: () => {} }
    let cancel: (reason: string) => void = () => {}
    const opened = new Promise<Connection>((resolve, reject) => {
      const cancelDial = openChannel(
        { address, accepts: (proven) => proven === fingerprint, hello, queueBytesMax: HELLO_FRAME_BYTES_MAX },
        this.context,
        (result) => {
          if (result.ok) resolve(result.connection)
          else reject(new SnapshotNotSent(`cannot reach ${id}: ${result.reason}`))
        }
      )
      cancel = (reason) => {
        cancelDial()
        reject(new SnapshotNotSent(reason))
      }
    })
    return { opened, cancel }
  }
}

interface Dialling {
  readonly opened: Promise<Connection>
  /** Without effect once it was opened. */
  readonly cancel: (reason: string) => void
}
