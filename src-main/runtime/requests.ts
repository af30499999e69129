/**
 * Questions from node to node that want one answer: membership changes, leadership transfer, status of members.
 *
 * Invariant: every question ends, by its answer, by its deadline or because the peer was lost; a late or foreign
 * answer is ignored. What an answer means is the caller's business.
 */
import type { NodeId } from '../raft/types'
import type { RuntimeMessage } from '../transport/ports'
import type { Clock } from './clock'

export type Answer =
  | { readonly type: 'answered'; readonly ok: boolean; readonly body: unknown }
  /** No answer: it may or may not have been done. */
  | { readonly type: 'lost' }
  /** Not even sent. */
  | { readonly type: 'overloaded' }

export type RequestHandler = (
  from: NodeId,
  method: string,
  body: unknown
) => Promise<{ readonly ok: boolean; readonly body: unknown }>

interface Open {
  readonly to: NodeId
  readonly end: (answer: Answer) => void
}

export class Requests {
  #nextId: number
  readonly #open = new Map<number, Open>()
  #answering = 0

  constructor(
    private readonly deps: {
      readonly clock: Clock
      readonly requestsMax: number
      /** Drawn, so that an answer to a question of an earlier run fits none of this one. */
      readonly firstId: number
      readonly sendRuntime: (to: NodeId, message: RuntimeMessage) => void
      readonly handle: RequestHandler
    }
  ) {
    this.#nextId = deps.firstId
  }

  ask(to: NodeId, method: string, body: unknown, timeoutMs: number): Promise<Answer> {
    if (this.#open.size >= this.deps.requestsMax) return Promise.resolve({ type: 'overloaded' })
    return new Promise((resolve) => {
      const id = this.#nextId++
      const cancel = this.deps.clock.after(timeoutMs, () => end({ type: 'lost' }))
      const end = (answer: Answer): void => {
        cancel()
        this.#open.delete(id)
        resolve(answer)
      }
      this.#open.set(id, { to, end })
      this.deps.sendRuntime(to, { type: 'Request', id, method, body })
    })
  }

  onRequest(from: NodeId, message: Extract<RuntimeMessage, { type: 'Request' }>): void {
    const { id, method, body } = message
    const answer = (ok: boolean, content: unknown): void =>
      this.deps.sendRuntime(from, { type: 'Response', id, ok, body: content })
    if (this.#answering >= this.deps.requestsMax) return answer(false, { code: 'too_many_requests' })
    this.#answering++
    this.deps
      .handle(from, method, body)
      .then(
        (result) => answer(result.ok, result.body),
        () => answer(false, { code: 'internal' })
      )
      .finally(() => this.#answering--)
  }

  onResponse(from: NodeId, message: Extract<RuntimeMessage, { type: 'Response' }>): void {
    const open = this.#open.get(message.id)
    if (open?.to === from) open.end({ type: 'answered', ok: message.ok, body: message.body })
  }

  onPeerDown(peer: NodeId): void {
    for (const open of [...this.#open.values()]) if (open.to === peer) open.end({ type: 'lost' })
  }

  abandon(): void {
    for (const open of [...this.#open.values()]) open.end({ type: 'lost' })
  }
}
