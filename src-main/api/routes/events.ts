import { Type } from 'typebox'
import { APPLIED_INDEX_HEADER } from '../../contract/limits'
import type { ApiContext } from '../context'
import type { Server } from '../server'
import { VIEWER } from './route-options'

/** A client that comes from a node which was ahead gives this one so long to catch up. */
const CATCH_UP_MS = 2000

export function eventRoutes(app: Server, node: ApiContext): void {
  app.get(
    '/events',
    {
      ...VIEWER,
      exposeHeadRoute: false,
      schema: {
        tags: ['Events'],
        operationId: 'followEvents',
        summary: 'Every change, as it happens',
        description:
          'Server-sent events: hello, reset, printer, filament, print_job, token and invite (admins), cluster. ' +
          '`id:` is the log index; Last-Event-ID resumes without a gap, or says reset.',
        produces: ['text/event-stream'],
        response: { 200: Type.String({ description: 'text/event-stream' }) }
      }
    },
    async (request, reply) => {
      node.events.assertRoom()
      const lastEventId = indexOf(request.headers['last-event-id'])
      if (lastEventId !== null && lastEventId > node.replica.appliedIndex) {
        // Without a quorum the stream says reset, and the client reads what there is.
        await node.replica.linearize(CATCH_UP_MS).catch(() => {})
        node.events.assertRoom()
      }
      reply.hijack()
      reply.raw.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
        'x-content-type-options': 'nosniff',
        [APPLIED_INDEX_HEADER]: String(node.replica.appliedIndex)
      })
      const { caller } = request
      node.events.open(reply.raw, {
        admin: caller.role === 'admin',
        allowed: () => node.access.stillValid(caller),
        lastEventId
      })
      return reply
    }
  )
}

/** null: a new stream. What is no index of any log stands for one so old that the stream says reset. */
function indexOf(header: string | string[] | undefined): number | null {
  if (header === undefined || header === '') return null
  return typeof header === 'string' && /^\d{1,15}$/.test(header) ? Number(header) : 0
}
