/**
 * First answers of this node's own writes by Idempotency-Key: membership, settings. They are no commands of the farm,
 * so the node that did them remembers; commands are remembered by the farm, on every node.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Clock } from '../runtime/clock'
import { Failure } from '../runtime/replica'
import { sendJson } from './read'
import { idempotencyOf } from './request-options'

const KEPT_MAX = 1000
const KEEP_MS = 24 * 60 * 60 * 1000

/** `body` null: 204. */
export interface Answer {
  readonly status: 200 | 201 | 204
  readonly body: object | null
}

interface First {
  readonly request: string
  readonly atMs: number
  readonly answer: Promise<Answer>
}

export class Repeats {
  private readonly first = new Map<string, First>()

  constructor(private readonly clock: Clock) {}

  /**
   * Does `work`, unless the request repeats an earlier one that did it or is about to. Failures are not kept.
   * `asked`: what the client asked for, as far as it makes two requests the same.
   */
  answer(request: FastifyRequest, reply: FastifyReply, asked: object | null, work: () => Promise<Answer>): void {
    this.once(request, asked, work)
      .then(({ status, body }) => {
        reply.code(status)
        if (body === null) reply.send(null)
        else sendJson(reply, body)
      })
      .catch((error: unknown) => void reply.send(error))
  }

  private once(request: FastifyRequest, asked: object | null, work: () => Promise<Answer>): Promise<Answer> {
    const idempotency = idempotencyOf(request, asked)
    if (idempotency === undefined) return work()
    const { key } = idempotency
    const nowMs = this.clock.monotonicMs()
    const known = this.first.get(key)
    if (known !== undefined && nowMs - known.atMs < KEEP_MS) {
      if (known.request === idempotency.request) return known.answer
      throw new Failure('idempotency_mismatch', `The key ${key} came with another request before.`)
    }
    const answer = work()
    this.first.delete(key)
    this.first.set(key, { request: idempotency.request, atMs: nowMs, answer })
    if (this.first.size > KEPT_MAX) this.first.delete(this.first.keys().next().value!)
    answer.catch(() => {
      if (this.first.get(key)?.answer === answer) this.first.delete(key)
    })
    return answer
  }
}
