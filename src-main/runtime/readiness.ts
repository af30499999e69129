/**
 * Whether this node should be sent requests, and why not. Ready: a leader is known, and since it is known this node
 * has once applied everything that was committed.
 */
import type { NodeId } from '../raft/types'
import type { Readiness } from './replica'

export interface ReadinessFacts {
  readonly halted: string | null
  readonly stopping: boolean
  readonly removed: boolean
  readonly runsTwice: boolean
  readonly member: boolean
  readonly leaderId: NodeId | null
  readonly installing: boolean
}

export const RUNS_TWICE =
  'Another process with the identity of this node is connected to the cluster: a copy of its data folder runs ' +
  'elsewhere. Stop one of the two; a machine that is to stay starts with an empty data folder and a new invite.'

export class ReadinessMonitor {
  #current: Readiness = { ready: false, reason: 'Starting.' }
  #leaderId: NodeId | null = null
  #term = 0
  #caughtUp = false
  /** The last attempt to catch up failed; another follows at the next tick. */
  #again = false

  constructor(
    private readonly facts: () => ReadinessFacts,
    /** Resolves once a linearizable read was possible, that is: once this node is caught up. */
    private readonly linearize: () => Promise<void>,
    private readonly onChange: (readiness: Readiness) => void
  ) {}

  get current(): Readiness {
    return this.#current
  }

  onLeader(leaderId: NodeId | null, term: number): void {
    if (leaderId !== this.#leaderId || term !== this.#term) {
      this.#leaderId = leaderId
      this.#term = term
      this.#caughtUp = false
      this.#again = false
      if (leaderId !== null) this.#catchUp(term)
    }
    this.update()
  }

  onTick(): void {
    if (!this.#again) return
    this.#again = false
    if (this.#leaderId !== null && !this.#caughtUp) this.#catchUp(this.#term)
  }

  update(): void {
    const reason = this.#reason()
    if (reason === this.#current.reason && (reason === '') === this.#current.ready) return
    this.#current = { ready: reason === '', reason }
    this.onChange(this.#current)
  }

  #catchUp(term: number): void {
    this.linearize().then(
      () => {
        if (term !== this.#term) return
        this.#caughtUp = true
        this.update()
      },
      () => {
        if (term === this.#term) this.#again = true
      }
    )
  }

  #reason(): string {
    const { halted, stopping, removed, runsTwice, member, leaderId, installing } = this.facts()
    if (halted !== null) return halted
    if (removed) return 'This node was removed from its cluster.'
    if (stopping) return 'This node is stopping.'
    if (leaderId === null) {
      if (runsTwice) return RUNS_TWICE
      return member ? 'No leader of the cluster can be reached.' : 'This node is no member of a cluster yet.'
    }
    if (installing) return 'A snapshot is being installed.'
    return this.#caughtUp ? '' : 'This node is catching up.'
  }
}
