import {
  AboutSchema,
  LogLineSchema,
  OverviewSchema,
  SettingsChangeSchema,
  SettingsSchema,
  WhoamiSchema
} from '../../contract/schemas/this-node'
import { LogQuerySchema, ReadQuerySchema } from '../../contract/schemas/queries'
import type { ApiContext } from '../context'
import { invalid } from '../problem'
import { read, sendJson } from '../read'
import { timeoutMsOf } from '../request-options'
import type { Server } from '../server'
import { ADMIN, listOf, VIEWER } from './route-options'

const tags = ['This node']

export function thisNodeRoutes(app: Server, node: ApiContext): void {
  app.get(
    '/overview',
    {
      ...VIEWER,
      schema: {
        tags,
        operationId: 'getOverview',
        summary: 'How much there is',
        querystring: ReadQuerySchema,
        response: { 200: OverviewSchema }
      }
    },
    (request, reply) =>
      read(node, request, reply, () => {
        const { farm, appliedIndex } = node.replica
        sendJson(reply, { applied_index: appliedIndex, ...farm.counts() })
      })
  )

  app.get(
    '/whoami',
    {
      ...VIEWER,
      schema: {
        tags,
        operationId: 'getWhoami',
        summary: 'Who is calling, and what they may do',
        response: { 200: WhoamiSchema }
      }
    },
    (request, reply) => {
      const { name, role, tokenId } = request.caller
      sendJson(reply, { name, role, token_id: tokenId })
    }
  )

  app.get(
    '/settings',
    {
      ...VIEWER,
      schema: { tags, operationId: 'getSettings', summary: 'Name and addresses', response: { 200: SettingsSchema } }
    },
    (_request, reply) => sendJson(reply, node.admin.settings())
  )

  app.patch(
    '/settings',
    {
      ...ADMIN,
      schema: {
        tags,
        operationId: 'updateSettings',
        summary: 'Rename this node',
        body: SettingsChangeSchema,
        response: { 200: SettingsSchema }
      }
    },
    (request, reply) => {
      const name = request.body.name?.trim()
      if (name === '') throw invalid('/name', 'must not be empty')
      node.repeats.answer(request, reply, { name }, async () => {
        if (name !== undefined) {
          await node.admin.rename(name, { by: request.caller.name, timeoutMs: timeoutMsOf(request) })
        }
        return { status: 200, body: node.admin.settings() }
      })
    }
  )

  app.get(
    '/logs',
    {
      ...ADMIN,
      schema: {
        tags,
        operationId: 'listLogs',
        summary: 'Recent log lines of this node, oldest first',
        querystring: LogQuerySchema,
        response: { 200: listOf(LogLineSchema) }
      }
    },
    (request, reply) => {
      const { limit } = request.query
      const lines = node.admin.logs()
      sendJson(reply, limit === undefined ? lines : lines.slice(-limit))
    }
  )

  app.get(
    '/about',
    {
      ...VIEWER,
      schema: { tags, operationId: 'getAbout', summary: 'Version and surroundings', response: { 200: AboutSchema } }
    },
    (_request, reply) => sendJson(reply, node.admin.about())
  )
}
