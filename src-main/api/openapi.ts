/** OpenAPI 3.1, made from the schemas that validate, and a page to read and try it that needs no other server. */
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import swagger from '@fastify/swagger'
import { Type } from 'typebox'
import { API_PREFIX } from '../contract/limits'
import { Failure } from '../runtime/replica'
import { documentOf, type OpenApiDocument } from './openapi-document'
import { DOCS_POLICY } from './policy'
import { sendText } from './read'
import { PUBLIC } from './routes/route-options'
import type { Server } from './server'
import { StaticFiles } from './static-files'

const DOCS_PATH = `${API_PREFIX}/docs`
const DOCUMENT_PATH = `${API_PREFIX}/openapi.json`

const DESCRIPTION = `Any node answers any request: writes are forwarded to the leader and answered once they are
committed by a quorum, durable, and applied on the answering node. Reads are linearizable unless
\`?consistency=stale\` asks for the local copy. Every answer carries \`X-Raft3D-Applied-Index\`.`

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Raft3D API</title>
<link rel="icon" type="image/png" href="${DOCS_PATH}/favicon-32x32.png">
<link rel="stylesheet" href="${DOCS_PATH}/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="${DOCS_PATH}/swagger-ui-bundle.js"></script>
<script src="${DOCS_PATH}/start.js"></script>
</body>
</html>
`

/** validatorUrl: without it the page asks a server on the internet for a badge. */
const START = `SwaggerUIBundle({
  dom_id: '#swagger-ui',
  url: '${DOCUMENT_PATH}',
  validatorUrl: null,
  deepLinking: true,
  docExpansion: 'list'
})
`

/** Sees the routes that are added after it. */
export async function registerOpenApi(app: Server, version: string): Promise<void> {
  await app.register(swagger, {
    transform: ({ schema, url, route }) => {
      const access = route.config?.access ?? 'admin'
      const role = access === 'public' ? 'Open to all.' : `Takes the role ${access}.`
      const description = schema?.description === undefined ? role : `${schema.description} ${role}`
      return { schema: { ...schema, description, ...(access === 'public' && { security: [] }) }, url }
    },
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Raft3D', description: DESCRIPTION, version, license: { name: 'MIT', identifier: 'MIT' } },
      servers: [{ url: '/' }],
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{}, { token: [] }]
    }
  })
  let text: string | null = null
  app.get(
    DOCUMENT_PATH,
    { ...PUBLIC, schema: { hide: true, response: { 200: Type.Unknown() } } },
    (_request, reply) => {
      text ??= JSON.stringify(documentOf(app.swagger() as OpenApiDocument))
      sendText(reply, text)
    }
  )
  docsRoutes(app)
}

function docsRoutes(app: Server): void {
  const hidden = { ...PUBLIC, schema: { hide: true } }
  let files: StaticFiles | null = null
  app.get(DOCS_PATH, hidden, (_request, reply) => {
    reply.header('content-security-policy', DOCS_POLICY).header('content-type', 'text/html; charset=utf-8').send(PAGE)
  })
  app.get(`${DOCS_PATH}/start.js`, hidden, (_request, reply) => {
    reply.header('content-type', 'text/javascript; charset=utf-8').send(START)
  })
  app.get<{ Params: { file: string } }>(`${DOCS_PATH}/:file`, hidden, (request, reply) => {
    files ??= swaggerUiFiles()
    const path = `/${request.params.file}`
    if (!files.has(path)) throw new Failure('not_found', `There is nothing at ${request.raw.url}.`)
    files.send(path, reply.header('cache-control', 'no-cache'))
  })
  for (const [from, to] of [
    ['/docs', DOCS_PATH],
    ['/openapi.json', DOCUMENT_PATH]
  ] as const) {
    app.get(from, hidden, (_request, reply) => reply.redirect(to, 308))
  }
}

/** The files alone: the plugin that serves them costs 10 MB at start, of which an idle node has no use. */
function swaggerUiFiles(): StaticFiles {
  const entry = createRequire(import.meta.url).resolve('@fastify/swagger-ui')
  return new StaticFiles(join(dirname(entry), 'static'), (path) => !path.endsWith('.html'))
}
