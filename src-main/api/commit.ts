/** A write, from the request to the answer: propose the command, wait for its outcome, say it in HTTP. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { API_PREFIX } from '../contract/limits'
import type { Command, Outcome } from '../farm/types'
import { Failure } from '../runtime/replica'
import type { ApiContext } from './context'
import { idempotencyOf, timeoutMsOf } from './request-options'

const JSON_TYPE = 'application/json; charset=utf-8'

export type Collection = 'printers' | 'filaments' | 'print_jobs' | 'tokens' | 'cluster/invites'

export interface CommitOptions {
  readonly collection: Collection
  /** What the client asked for, as far as it makes two requests the same. */
  readonly asked: unknown
  /** The record as clients may see it; left out: as it is. */
  readonly view?: (record: object) => object
}

export function commit(
  node: ApiContext,
  request: FastifyRequest,
  reply: FastifyReply,
  command: Command,
  options: CommitOptions
): void {
  const idempotency = idempotencyOf(request, options.asked)
  const by = request.caller.name
  const timeoutMs = timeoutMsOf(request)
  node.replica
    .propose(command, idempotency === undefined ? { by, timeoutMs } : { by, timeoutMs, idempotency })
    .then((outcome) => answer(reply, outcome, options))
    .catch((error: unknown) => void reply.send(error))
}

function answer(reply: FastifyReply, outcome: Outcome, { collection, view }: CommitOptions): void {
  if (!outcome.ok) throw failureOfOutcome(outcome)
  const { status, body } = outcome
  if (body === null) return void reply.code(204).send()
  if (status === 201) reply.header('location', locationOf(collection, (body as { readonly id: string }).id))
  reply
    .code(status)
    .header('content-type', JSON_TYPE)
    .send(JSON.stringify(view === undefined ? body : view(body)))
}

export function failureOfOutcome(outcome: Extract<Outcome, { ok: false }>): Failure {
  // The runtime opens another session by itself; seen here, it had no time left for it.
  if (outcome.code === 'session_expired') return new Failure('no_quorum', 'Nothing was done; try again.')
  const { code, detail, errors } = outcome
  return errors === undefined ? new Failure(code, detail) : new Failure(code, detail, { errors })
}

const locationOf = (collection: Collection, id: string): string =>
  `${API_PREFIX}/${collection}/${encodeURIComponent(id)}`
