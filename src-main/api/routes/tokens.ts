import { IdParamsSchema, ReadQuerySchema } from '../../contract/schemas/queries'
import { TokenCreatedSchema, TokenCreateSchema, TokenSchema } from '../../contract/schemas/tokens'
import type { Token } from '../../farm/types'
import { hashSecret, newTokenSecret } from '../../security/secrets'
import { LOCAL } from '../access'
import { commit } from '../commit'
import type { ApiContext } from '../context'
import { newId } from '../ids'
import { invalid } from '../problem'
import { read, sendJson, sendRecord } from '../read'
import type { Server } from '../server'
import { tokenView } from '../views'
import { ADMIN, listOf, NoContentSchema } from './route-options'

const tags = ['Tokens']

export function tokenRoutes(app: Server, node: ApiContext): void {
  app.get(
    '/tokens',
    {
      ...ADMIN,
      schema: {
        tags,
        operationId: 'listTokens',
        summary: 'List API tokens',
        querystring: ReadQuerySchema,
        response: { 200: listOf(TokenSchema) }
      }
    },
    (request, reply) => read(node, request, reply, () => sendJson(reply, node.replica.farm.tokens().map(tokenView)))
  )

  app.post(
    '/tokens',
    {
      ...ADMIN,
      schema: {
        tags,
        operationId: 'createToken',
        summary: 'Make an API token',
        description: 'The secret is in this answer and nowhere else; only its hash is kept.',
        body: TokenCreateSchema,
        response: { 201: TokenCreatedSchema }
      }
    },
    (request, reply) => {
      const { name, role, ttl_seconds } = request.body
      if (name.trim().toLowerCase() === LOCAL.name)
        throw invalid('/name', 'must not be the name of this machine’s own users')
      const now = node.clock.wallMs()
      const secret = newTokenSecret()
      const hash = hashSecret(secret)
      const expires_at = ttl_seconds === undefined ? null : now + ttl_seconds * 1000
      const command = { type: 'token.create', id: newId(now), name, role, hash, expires_at } as const
      // A repeated Idempotency-Key brings the first answer's token, whose secret nobody knows any more.
      const view = (record: object) => {
        const token = record as Token
        return { ...tokenView(token), token: token.hash === hash ? secret : null }
      }
      commit(node, request, reply, command, { collection: 'tokens', asked: { name, role, ttl_seconds }, view })
    }
  )

  app.get(
    '/tokens/:id',
    {
      ...ADMIN,
      schema: {
        tags,
        operationId: 'getToken',
        summary: 'One API token',
        params: IdParamsSchema,
        querystring: ReadQuerySchema,
        response: { 200: TokenSchema }
      }
    },
    (request, reply) => {
      const { id } = request.params
      read(node, request, reply, () => {
        const token = node.replica.farm.token(id)
        sendRecord(reply, token && tokenView(token), 'token', id)
      })
    }
  )

  app.delete(
    '/tokens/:id',
    {
      ...ADMIN,
      schema: {
        tags,
        operationId: 'deleteToken',
        summary: 'Revoke an API token',
        params: IdParamsSchema,
        response: { 204: NoContentSchema }
      }
    },
    (request, reply) => {
      const command = { type: 'token.delete', id: request.params.id } as const
      commit(node, request, reply, command, { collection: 'tokens', asked: null })
    }
  )
}
