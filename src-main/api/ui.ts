/** The web interface: the built renderer, with the index for every path of its router. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { pathOf } from './problem'
import { PUBLIC } from './routes/route-options'
import type { Server } from './server'

const HASHED_FILES = '/assets/'
const HTML_TYPE = 'text/html; charset=utf-8'

const NOT_BUILT = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Raft3D</title>
<h1>Raft3D</h1><p>This node runs, but its web interface has not been built: <code>npm run build</code>.</p>
<p><a href="/api/v1/docs">The REST API</a></p></html>
`

export interface UiPages {
  /** Whether the path is one of the interface's own, which only a browser asks for. */
  answers(request: FastifyRequest): boolean
  send(reply: FastifyReply): void
}

/** `dir` null or without an index.html: a page that says so. */
export async function registerUi(app: Server, dir: string | null): Promise<UiPages> {
  const indexFile = dir === null ? null : join(dir, 'index.html')
  const index = indexFile !== null && existsSync(indexFile) ? readFileSync(indexFile, 'utf8') : null
  const pages: UiPages = {
    answers: ({ method, raw, headers }) => {
      const path = pathOf(raw.url)
      return (
        (method === 'GET' || method === 'HEAD') &&
        !path.startsWith('/api/') &&
        headers.accept?.includes('text/html') === true &&
        !/\.[^/]+$/.test(path)
      )
    },
    send: (reply) =>
      void reply
        .code(200)
        .header('content-type', HTML_TYPE)
        .send(index ?? NOT_BUILT)
  }
  app.get('/', { ...PUBLIC, schema: { hide: true } }, (_request, reply) => pages.send(reply))
  if (dir !== null && index !== null) {
    await app.register(fastifyStatic, {
      root: dir,
      wildcard: false,
      index: false,
      decorateReply: false,
      globIgnore: ['**/*.html', '**/*.map'],
      cacheControl: false,
      setHeaders: (reply, path) => {
        const hashed = path.slice(dir.length).replaceAll('\\', '/').startsWith(HASHED_FILES)
        void reply.header('cache-control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache')
      }
    })
  }
  return pages
}
