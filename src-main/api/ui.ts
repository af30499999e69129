/** The web interface: the built renderer, with its index for every path of its router. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { pathOf } from './problem'
import { StaticFiles } from './static-files'
import { HASHED_FILES, isViewPath } from './ui-paths'

const HTML_TYPE = 'text/html; charset=utf-8'

const NOT_BUILT = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Raft3D</title>
<h1>Raft3D</h1><p>This node runs, but its web interface has not been built: <code>npm run build</code>.</p>
<p><a href="/api/v1/docs">The REST API</a></p></html>
`

export class UiPages {
  private readonly index: string
  private readonly files: StaticFiles | null

  /** `dir` null or without an index.html: a page that says so. */
  constructor(dir: string | null) {
    const indexFile = dir === null ? null : join(dir, 'index.html')
    const built = dir !== null && indexFile !== null && existsSync(indexFile)
    this.index = built ? readFileSync(indexFile, 'utf8') : NOT_BUILT
    this.files = built ? new StaticFiles(dir, (path) => !path.endsWith('.html')) : null
  }

  /** Answers for a file, or for a path of the interface's own, which only a browser asks for; else false. */
  answer(request: FastifyRequest, reply: FastifyReply): boolean {
    const { method, raw, headers } = request
    const path = pathOf(raw.url)
    if ((method !== 'GET' && method !== 'HEAD') || path.startsWith('/api/')) return false
    if (this.files?.has(path) === true) {
      reply.header('cache-control', path.startsWith(HASHED_FILES) ? 'public, max-age=31536000, immutable' : 'no-cache')
      this.files.send(path, reply)
      return true
    }
    const isPage = path === '/' || (headers.accept?.includes('text/html') === true && isViewPath(path))
    if (isPage) reply.code(200).header('content-type', HTML_TYPE).send(this.index)
    return isPage
  }
}
