/**
 * What other members know of the membership, asked for while no leader is heard of. A node that was away may know
 * neither the leader nor anyone who may vote by now; whoever is still a member of both configurations tells it.
 *
 * Used for connections only: what counts in Raft comes by the log.
 */
import { decodeConfiguration } from '../raft/configuration'
import { asIndex, type Configuration, type LogIndex, type NodeId } from '../raft/types'
import { isMemberInfo } from './member-info'
import type { Requests } from './requests'

export interface Told {
  readonly index: LogIndex
  /** Committed, as the one who told it knows. */
  readonly configuration: Configuration
}

export class Hearsay {
  #nextMs = Infinity
  #turn = 0

  constructor(
    private readonly deps: {
      readonly requests: Requests
      /** First after so long without a leader, then again and again. */
      readonly everyMs: number
      readonly onTold: (told: Told) => void
    }
  ) {}

  /** `others`: members to ask, one after the other. */
  onTick(nowMs: number, leaderId: NodeId | null, others: readonly NodeId[]): void {
    if (leaderId !== null || others.length === 0) {
      this.#nextMs = Infinity
      return
    }
    if (this.#nextMs === Infinity) this.#nextMs = nowMs + this.deps.everyMs
    if (nowMs < this.#nextMs) return
    this.#nextMs = nowMs + this.deps.everyMs
    void this.#ask(others[this.#turn++ % others.length]!)
  }

  async #ask(member: NodeId): Promise<void> {
    const answer = await this.deps.requests.ask(member, 'configuration', null, this.deps.everyMs)
    const told = answer.type === 'answered' && answer.ok ? parseTold(answer.body) : null
    if (told !== null) this.deps.onTold(told)
  }
}

export const tell = ({ index, configuration }: Told): unknown => ({
  index,
  configuration: JSON.stringify(configuration)
})

function parseTold(body: unknown): Told | null {
  const { index, configuration } = (body ?? {}) as { index?: unknown; configuration?: unknown }
  if (typeof configuration !== 'string' || !Number.isSafeInteger(index)) return null
  try {
    const parsed = decodeConfiguration(configuration)
    if (!Object.values(parsed.members).every(isMemberInfo)) return null
    return { index: asIndex(index as number), configuration: parsed }
  } catch {
    // Not a configuration: the other end is of another mind, and need not be listened to.
    return null
  }
}
