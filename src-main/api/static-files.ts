/** Files of one folder as they were at start, served as they are. Only what was listed is ever opened. */
import { createReadStream, readdirSync, statSync } from 'node:fs'
import { extname, join } from 'node:path'
import type { FastifyReply } from 'fastify'
import { CONTENT_TYPES } from './content-types'

interface StaticFile {
  readonly file: string
  readonly type: string
  readonly bytes: number
  readonly etag: string
}

export class StaticFiles {
  private readonly byPath = new Map<string, StaticFile>()

  /** Takes the files whose name `wanted` likes, in folders below too. A folder that is not there holds none. */
  constructor(dir: string, wanted: (path: string) => boolean) {
    for (const entry of listOf(dir)) {
      const path = `/${entry.replaceAll('\\', '/')}`
      const type = CONTENT_TYPES[extname(path)]
      if (type === undefined || !wanted(path)) continue
      const file = join(dir, entry)
      const { size: bytes, mtimeMs } = statSync(file)
      this.byPath.set(path, { file, type, bytes, etag: `"${bytes.toString(36)}-${Math.trunc(mtimeMs).toString(36)}"` })
    }
  }

  has(path: string): boolean {
    return this.byPath.has(path)
  }

  /** `path` begins with a slash, as it stands in the request. */
  send(path: string, reply: FastifyReply): void {
    const { file, type, bytes, etag } = this.byPath.get(path)!
    reply.header('etag', etag)
    if (reply.request.headers['if-none-match'] === etag) return void reply.code(304).send()
    reply.code(200).header('content-type', type).header('content-length', bytes)
    reply.send(reply.request.method === 'HEAD' ? null : createReadStream(file))
  }
}

function listOf(dir: string): readonly string[] {
  const entries = readdirSync(dir, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1))
}
