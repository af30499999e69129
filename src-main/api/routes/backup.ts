import { Readable } from 'node:stream'
import { REQUEST_TIMEOUT_MS_MAX, RESTORE_BYTES_MAX } from '../../contract/limits'
import { ReadQuerySchema } from '../../contract/schemas/queries'
import { BackupSchema, RestoredSchema } from '../../contract/schemas/this-node'
import { Failure } from '../../runtime/replica'
import { failureOfOutcome } from '../commit'
import type { ApiContext } from '../context'
import { invalid } from '../problem'
import { read, sendJson, sendText } from '../read'
import { idempotencyOf, timeoutMsOf } from '../request-options'
import type { Server } from '../server'
import { ADMIN } from './route-options'

const tags = ['Backup']

/** The file, a list, a record, its history, an event. */
const BACKUP_DEPTH_MAX = 5

export function backupRoutes(app: Server, node: ApiContext): void {
  /** Bodies of this size are held one at a time. */
  let restoring = false

  app.get(
    '/backup',
    {
      ...ADMIN,
      exposeHeadRoute: false,
      schema: {
        tags,
        operationId: 'getBackup',
        summary: 'The whole state as one file',
        description: 'Printers, filaments, print jobs and tokens (hashes only), as of one log index.',
        querystring: ReadQuerySchema,
        response: { 200: BackupSchema }
      }
    },
    (request, reply) =>
      read(node, request, reply, () => {
        const { index, chunks } = node.replica.backup()
        reply.header('content-disposition', `attachment; filename="raft3d-backup-${index}.json"`)
        sendText(reply, Readable.from(chunks, { objectMode: false }))
      })
  )

  app.post(
    '/restore',
    {
      ...ADMIN,
      bodyLimit: RESTORE_BYTES_MAX,
      onRequest: (_request, reply, done) => {
        if (restoring) return done(new Failure('too_many_requests', 'Another restore is under way.'))
        restoring = true
        reply.raw.once('close', () => (restoring = false))
        done()
      },
      schema: {
        tags,
        operationId: 'restoreBackup',
        summary: 'Replace everything by a backup',
        description: 'One committed command: it is done on every node, or not at all.',
        body: BackupSchema,
        response: { 200: RestoredSchema }
      }
    },
    async (request, reply) => {
      const backup = request.body
      // What nests deeper than records do would cost the stack of whoever writes it down.
      if (!isShallow(backup, BACKUP_DEPTH_MAX)) throw invalid('', 'is nested deeper than a backup is')
      const idempotency = idempotencyOf(request, backup)
      const outcome = await node.replica.propose(
        { type: 'restore', backup },
        {
          by: request.caller.name,
          timeoutMs: timeoutMsOf(request, REQUEST_TIMEOUT_MS_MAX),
          ...(idempotency && { idempotency })
        }
      )
      if (!outcome.ok) throw failureOfOutcome(outcome)
      node.log.info({ event: 'restored', by: request.caller.name, ...outcome.body }, 'A backup was restored.')
      sendJson(reply, outcome.body ?? {})
      return reply
    }
  )
}

function isShallow(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  return depth > 0 && Object.values(value).every((member) => isShallow(member, depth - 1))
}
