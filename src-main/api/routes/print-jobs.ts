import { JOB_STATUSES, type JobStatus } from '../../contract/print-jobs'
import { JobStatusChangeSchema, PrintJobCreateSchema, PrintJobSchema } from '../../contract/schemas/print-jobs'
import {
  IdParamsSchema,
  PrintJobListQuerySchema,
  ReadQuerySchema,
  StatusQuerySchema
} from '../../contract/schemas/queries'
import type { JobFilter } from '../../farm/queries'
import { commit } from '../commit'
import type { ApiContext } from '../context'
import { idOr } from '../ids'
import { parseJobStatus } from '../job-status'
import { invalid } from '../problem'
import { pageOf, read, sendPage, sendRecord } from '../read'
import type { Server } from '../server'
import { listOf, NoContentSchema, OPERATOR, VIEWER } from './route-options'

const tags = ['Print jobs']
const ONE_OF = `must be one of ${JOB_STATUSES.join(', ')}`

export function printJobRoutes(app: Server, node: ApiContext): void {
  app.get(
    '/print_jobs',
    {
      ...VIEWER,
      schema: {
        tags,
        operationId: 'listPrintJobs',
        summary: 'List print jobs',
        querystring: PrintJobListQuerySchema,
        response: { 200: listOf(PrintJobSchema) }
      }
    },
    (request, reply) => {
      const page = pageOf(request.query)
      const filter = filterOf(request.query)
      read(node, request, reply, () => sendPage(reply, node.replica.farm.jobs(filter, page)))
    }
  )

  app.post(
    '/print_jobs',
    {
      ...OPERATOR,
      schema: {
        tags,
        operationId: 'createPrintJob',
        summary: 'Queue a print job',
        body: PrintJobCreateSchema,
        response: { 201: PrintJobSchema }
      }
    },
    (request, reply) => {
      const { id, printer_id, filament_id, filepath, print_weight_in_grams, status } = request.body
      if (status !== undefined && status !== null && statusOf(status) !== 'Queued') {
        throw invalid('/status', 'of a new job can only be Queued')
      }
      const command = {
        type: 'job.create',
        id: idOr(id, node.clock.wallMs()),
        printer_id: String(printer_id),
        filament_id: String(filament_id),
        filepath,
        print_weight_in_grams
      } as const
      const asked = { id, printer_id, filament_id, filepath, print_weight_in_grams }
      commit(node, request, reply, command, { collection: 'print_jobs', asked })
    }
  )

  app.get(
    '/print_jobs/:id',
    {
      ...VIEWER,
      schema: {
        tags,
        operationId: 'getPrintJob',
        summary: 'One print job',
        params: IdParamsSchema,
        querystring: ReadQuerySchema,
        response: { 200: PrintJobSchema }
      }
    },
    (request, reply) => {
      const { id } = request.params
      read(node, request, reply, () => sendRecord(reply, node.replica.farm.job(id), 'print job', id))
    }
  )

  app.delete(
    '/print_jobs/:id',
    {
      ...OPERATOR,
      schema: {
        tags,
        operationId: 'deletePrintJob',
        summary: 'Remove a print job',
        params: IdParamsSchema,
        response: { 204: NoContentSchema }
      }
    },
    (request, reply) => {
      const command = { type: 'job.delete', id: request.params.id } as const
      commit(node, request, reply, command, { collection: 'print_jobs', asked: null })
    }
  )

  for (const [method, operationId] of [
    ['POST', 'setPrintJobStatus'],
    ['PUT', 'putPrintJobStatus'],
    ['PATCH', 'patchPrintJobStatus']
  ] as const) {
    app.route({
      method,
      url: '/print_jobs/:id/status',
      ...OPERATOR,
      schema: {
        tags,
        operationId,
        summary: 'Move a print job to another status',
        params: IdParamsSchema,
        querystring: StatusQuerySchema,
        body: JobStatusChangeSchema,
        response: { 200: PrintJobSchema }
      },
      handler: (request, reply) => {
        const { body, query } = request
        const status = wantedStatus(query.status, typeof body === 'string' ? body : body.status)
        const command = { type: 'job.setStatus', id: request.params.id, status } as const
        commit(node, request, reply, command, { collection: 'print_jobs', asked: { status } })
      }
    })
  }
}

/** Query and body may both say it, as long as they agree. */
function wantedStatus(inQuery: string | undefined, inBody: string | undefined): JobStatus {
  const text = inQuery ?? inBody
  if (text === undefined) throw invalid('/status', 'is required, in the query or in the body')
  const status = parseJobStatus(text)
  if (status === null) throw invalid('/status', ONE_OF)
  if (inQuery !== undefined && inBody !== undefined && parseJobStatus(inBody) !== status) {
    throw invalid('/status', 'must be the same in the query and in the body')
  }
  return status
}

function filterOf(query: { status?: string; printer_id?: string; filament_id?: string }): JobFilter {
  const { status: text, printer_id, filament_id } = query
  const status = text === undefined ? undefined : parseJobStatus(text)
  if (status === null) throw invalid('/status', ONE_OF)
  return { ...(status && { status }), ...(printer_id && { printer_id }), ...(filament_id && { filament_id }) }
}

const statusOf = (value: unknown): JobStatus | null => (typeof value === 'string' ? parseJobStatus(value) : null)
