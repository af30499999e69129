/** Reads: linearizable unless the client asks for the local copy, one record or a list, in pages where it likes. */
import type { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { isCursor } from '../farm/pages'
import type { Page, PageOf } from '../farm/queries'
import { Failure } from '../runtime/replica'
import type { ApiContext } from './context'
import { LONG_LIST_ITEMS, longList } from './list-text'
import { invalid, pathOf } from './problem'
import { timeoutMsOf } from './request-options'

const JSON_TYPE = 'application/json; charset=utf-8'

export interface ReadQuery {
  readonly consistency?: 'linearizable' | 'stale'
}

export interface ListQuery extends ReadQuery {
  readonly limit?: number
  readonly cursor?: string
}

/** Calls `show` once the farm is fresh enough; what it throws becomes the answer. */
export function read(node: ApiContext, request: FastifyRequest, reply: FastifyReply, show: () => void): void {
  if ((request.query as ReadQuery).consistency === 'stale') return show()
  node.replica
    .linearize(timeoutMsOf(request))
    .then(show)
    .catch((error: unknown) => void reply.send(error))
}

export function sendJson(reply: FastifyReply, value: object): void {
  sendText(reply, JSON.stringify(value))
}

export function sendText(reply: FastifyReply, json: string | Readable): void {
  reply.header('content-type', JSON_TYPE).send(json)
}

export function sendRecord(reply: FastifyReply, record: object | null, kind: string, id: string): void {
  if (record === null) throw new Failure('not_found', `There is no ${kind} ${id}.`)
  sendJson(reply, record)
}

export function pageOf({ limit, cursor }: ListQuery): Page | undefined {
  if (cursor !== undefined && !isCursor(cursor)) throw invalid('/cursor', 'must come from the Link of an earlier page')
  if (limit === undefined && cursor === undefined) return undefined
  return { ...(limit === undefined ? {} : { limit }), ...(cursor === undefined ? {} : { cursor }) }
}

export function sendPage(reply: FastifyReply, page: PageOf<object>): void {
  reply.header('content-type', JSON_TYPE)
  if (page.next !== null) reply.header('link', `<${nextUrl(reply.request, page.next)}>; rel="next"`)
  reply.send(page.items.length > LONG_LIST_ITEMS ? longList(page.items) : JSON.stringify(page.items))
}

function nextUrl(request: FastifyRequest, cursor: string): string {
  const query = new URLSearchParams(request.raw.url?.split('?')[1])
  query.set('cursor', cursor)
  return `${pathOf(request.raw.url)}?${query}`
}
