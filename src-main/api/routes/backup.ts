import { Readable } from 'node:stream'
import { REQUEST_TIMEOUT_MS_MAX, RESTORE_BYTES_MAX } from '../../contract/limits'
import { ReadQuerySchema } from '../../contract/schemas/queries'
import { BackupSchema, RestoredSchema } from '../../contract/schemas/this-node'
import { Failure } from '../../runtime/replica'
import { failureOfOutcome } from '../commit'
import type { ApiContext } from '../context'
import { JSON_TYPES } from '../body'
import { read, sendJson, sendText } from '../read'
import { idempotencyOf, timeoutMsOf } from '../request-options'
import { receiveBackup, stageBackup } from '../restoring'
import type { Server } from '../server'
import { ADMIN } from './route-options'

const tags = ['Backup']

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

  app.register(async (scope) => {
    // The body is read by the handler, as it arrives.
    scope.removeContentTypeParser(JSON_TYPES)
    scope.addContentTypeParser(JSON_TYPES, (_request, payload, done) => done(null, payload))
    scope.post(
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
        validatorCompiler: () => () => true,
        schema: {
          tags,
          operationId: 'restoreBackup',
          summary: 'Replace everything by a backup',
          description:
            'It is done on every node, or not at all; readers see the state before or after, nothing between.',
          body: BackupSchema,
          response: { 200: RestoredSchema }
        }
      },
      async (request, reply) => {
        const { text, digest } = await receiveBackup(request.body as Readable | undefined, node.clock)
        const by = request.caller.name
        const untilMs = node.clock.monotonicMs() + timeoutMsOf(request, REQUEST_TIMEOUT_MS_MAX)
        const timeoutMs = (): number => Math.max(0, untilMs - node.clock.monotonicMs())
        const idempotency = idempotencyOf(request, digest)
        const command = await stageBackup(text, node.replica, { by, timeoutMs })
        const outcome = await node.replica.propose(command, {
          by,
          timeoutMs: timeoutMs(),
          ...(idempotency && { idempotency })
        })
        if (!outcome.ok) throw failureOfOutcome(outcome)
        node.log.info({ event: 'restored', by, ...outcome.body }, 'A backup was restored.')
        sendJson(reply, outcome.body ?? {})
        return reply
      }
    )
  })
}
