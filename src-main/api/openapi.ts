/** OpenAPI 3.1, made from the schemas that validate, and a page to read and try it that needs no other server. */
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import { Type } from 'typebox'
import { API_PREFIX } from '../contract/limits'
import { documentOf, type OpenApiDocument } from './openapi-document'
import { DOCS_POLICY } from './policy'
import { PUBLIC } from './routes/route-options'
import { sendText } from './read'
import type { Server } from './server'

export const DOCS_PATH = `${API_PREFIX}/docs`
const DOCUMENT_PATH = `${API_PREFIX}/openapi.json`

const DESCRIPTION = `Any node answers any request: writes are forwarded to the leader and answered once they are
committed by a quorum, durable, and applied on the answering node. Reads are linearizable unless
\`?consistency=stale\` asks for the local copy. Every answer carries \`X-Raft3D-Applied-Index\`.`

/** Sees the routes that are added after it. */
export async function registerOpenApi(app: Server, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Raft3D', description: DESCRIPTION, version, license: { name: 'MIT', identifier: 'MIT' } },
      servers: [{ url: '/' }],
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{}, { token: [] }]
    }
  })
  let text: string | null = null
  const json = () => (text ??= JSON.stringify(documentOf(app.swagger() as OpenApiDocument)))
  app.get(DOCUMENT_PATH, { ...PUBLIC, schema: { hide: true, response: { 200: Type.Unknown() } } }, (_request, reply) =>
    sendText(reply, json())
  )
  await app.register(swaggerUi, {
    routePrefix: DOCS_PATH,
    staticCSP: DOCS_POLICY,
    theme: { title: 'Raft3D API' },
    // Without this the page asks a server on the internet for a badge.
    uiConfig: { validatorUrl: null, docExpansion: 'list', deepLinking: true, persistAuthorization: false },
    transformSpecification: () => JSON.parse(json()) as Record<string, unknown>,
    transformSpecificationClone: false
  })
  const redirects = { '/docs': DOCS_PATH, '/openapi.json': DOCUMENT_PATH }
  for (const [from, to] of Object.entries(redirects)) {
    app.get(from, { ...PUBLIC, schema: { hide: true } }, (_request, reply) => reply.redirect(to, 308))
  }
}
