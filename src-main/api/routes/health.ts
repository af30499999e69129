import { Type } from 'typebox'
import type { ApiContext } from '../context'
import { sendJson } from '../read'
import type { Server } from '../server'
import { PUBLIC } from './route-options'

const tags = ['Health']

const HealthSchema = Type.Object({ status: Type.String() }, { title: 'Health' })
const ReadinessSchema = Type.Object({ ready: Type.Boolean(), reason: Type.String() }, { title: 'Readiness' })

export function healthRoutes(app: Server, node: ApiContext): void {
  app.get(
    '/healthz',
    {
      ...PUBLIC,
      schema: { tags, operationId: 'getHealth', summary: 'The process answers', response: { 200: HealthSchema } }
    },
    (_request, reply) => sendJson(reply, { status: 'ok' })
  )

  app.get(
    '/readyz',
    {
      ...PUBLIC,
      schema: {
        tags,
        operationId: 'getReadiness',
        summary: 'A leader is known, and this node is caught up and can write',
        response: { 200: ReadinessSchema, 503: ReadinessSchema }
      }
    },
    (_request, reply) => {
      const { ready, reason } = node.replica.readiness()
      reply.code(ready ? 200 : 503)
      if (!ready) reply.header('retry-after', 1)
      sendJson(reply, { ready, reason })
    }
  )
}
