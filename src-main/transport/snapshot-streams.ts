/**
 * All snapshot connections of this node. At most one comes in from a peer at a time: a newer one replaces it, and
 * waits until the older has let go of the store.
 *
 * The sender dials. Where nobody can dial the receiver (a firewall that lets nothing in), it is asked over the
 * connection that it dialled itself, and dials for the snapshot too.
 */
import type { NodeId, Term } from '../raft/types'
import type { SnapshotReader } from '../storage/ports'
import { parseAddress, type Address } from './address'
import type { Connection } from './connection'
import type { TransportLog } from './environment'
import type { Hello } from './hello'
import { HELLO_FRAME_BYTES_MAX } from './limits'
import { openChannel, type DialContext, type Opened } from './open-channel'
import { receiveSnapshotOver, type SnapshotHandlers } from './snapshot-receiving'
import { SnapshotNotSent, sendSnapshotOver } from './snapshot-sending'

export interface SnapshotPeer {
  readonly id: NodeId
  readonly rpcAddress: string
  readonly fingerprint: string
  readonly hello: Hello
}

export interface SnapshotTarget extends SnapshotPeer {
  /** false: it cannot be asked to dial. */
  readonly askToFetch: () => boolean
}

export class SnapshotStreams {
  readonly #outgoing = new Map<NodeId, Set<(reason: string) => void>>()
  readonly #incoming = new Map<NodeId, { readonly connection: Connection; readonly ended: Promise<unknown> }>()

  /** Who has been asked to dial for a snapshot that waits here. */
  readonly #asked = new Map<NodeId, (connection: Connection) => void>()
  /** Whom this node dials for a snapshot that waits there, and how to stop that. */
  readonly #fetching = new Map<NodeId, () => void>()

  constructor(
    readonly context: DialContext,
    readonly handlers: SnapshotHandlers,
    readonly log: TransportLog
  ) {}

  /** Resolves when the peer has the whole durable; rejects with SnapshotNotSent, or as the reader does. */
  async send(target: SnapshotTarget, term: Term, reader: SnapshotReader, signal: AbortSignal): Promise<void> {
    let connection: Connection | null = null
    let cancelledFor: string | null = null
    const dialling = this.#reach(target)
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

  /** A peer that was asked has dialled; false when no snapshot waits for it any more. */
  handOver(to: NodeId, connection: Connection): boolean {
    const take = this.#asked.get(to)
    take?.(connection)
    return take !== undefined
  }

  /** Dials `from` for the snapshot that waits there. */
  fetch(from: SnapshotPeer): void {
    const address = parseAddress(from.rpcAddress)
    if (address === null || this.#fetching.has(from.id)) return
    const cancel = this.#open(from, address, (result) => {
      this.#fetching.delete(from.id)
      if (result.ok) this.accept(from.id, result.connection)
      else this.log.info({ event: 'snapshot_attempt_ended', from: from.id, reason: result.reason }, NOT_FETCHED)
    })
    this.#fetching.set(from.id, cancel)
  }

  /** Ends all streams with this peer. */
  drop(peer: NodeId, reason: string): void {
    this.#fetching.get(peer)?.()
    this.#fetching.delete(peer)
    for (const cancel of this.#outgoing.get(peer) ?? []) cancel(reason)
    this.#incoming.get(peer)?.connection.destroy(reason)
  }

  /** Resolves when no stream uses the store any more. */
  async close(reason: string): Promise<void> {
    for (const peer of [...this.#outgoing.keys(), ...this.#incoming.keys(), ...this.#fetching.keys()])
      this.drop(peer, reason)
    await Promise.all(Array.from(this.#incoming.values(), ({ ended }) => ended))
  }

  #open({ fingerprint, hello }: SnapshotPeer, address: Address, done: (opened: Opened) => void): () => void {
    const target = { address, accepts: (proven: string) => proven === fingerprint, hello }
    return openChannel({ ...target, queueBytesMax: HELLO_FRAME_BYTES_MAX }, this.context, done)
  }

  /** A connection to the peer, whoever of the two dials. */
  #reach(target: SnapshotTarget): Dialling {
    const { id, rpcAddress } = target
    let cancel: (reason: string) => void = () => {}
    const opened = new Promise<Connection>((resolve, reject) => {
      const give = (reason: string): void => reject(new SnapshotNotSent(`cannot reach ${id}: ${reason}`))
      let cancelAttempt = (): void => {}
      const ask = (reason: string): void => {
        if (target.askToFetch()) cancelAttempt = this.#awaitDial(id, resolve, () => give(reason))
        else give(reason)
      }
      cancel = (reason) => {
        cancelAttempt()
        reject(new SnapshotNotSent(reason))
      }
      const address = parseAddress(rpcAddress)
      if (address === null) return ask('no address to dial')
      cancelAttempt = this.#open(target, address, (result) => {
        if (result.ok) resolve(result.connection)
        else if (result.code === 'unreachable') ask(result.reason)
        else give(result.reason)
      })
    })
    return { opened, cancel: (reason) => cancel(reason) }
  }

  /** @returns the way to wait no longer; neither callback is called then */
  #awaitDial(peer: NodeId, onDialled: (connection: Connection) => void, onLate: () => void): () => void {
    const { clock, limits } = this.context
    const end = (): void => {
      cancelTimer()
      if (this.#asked.get(peer) === take) this.#asked.delete(peer)
    }
    const take = (connection: Connection): void => {
      end()
      onDialled(connection)
    }
    const cancelTimer = clock.after(limits.connectTimeoutMs + limits.handshakeTimeoutMs, () => {
      end()
      onLate()
    })
    this.#asked.set(peer, take)
    return end
  }
}

const NOT_FETCHED = 'a snapshot that waits for this node could not be fetched'

interface Dialling {
  readonly opened: Promise<Connection>
  /** Without effect once it was opened. */
  readonly cancel: (reason: string) => void
}
