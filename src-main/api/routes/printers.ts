import { PrinterChangeSchema, PrinterCreateSchema, PrinterSchema } from '../../contract/schemas/printers'
import { IdParamsSchema, ListQuerySchema, ReadQuerySchema } from '../../contract/schemas/queries'
import { commit } from '../commit'
import type { ApiContext } from '../context'
import { idOr } from '../ids'
import { ListText } from '../list-text'
import { pageOf, read, sendPage, sendRecord, sendText } from '../read'
import type { Server } from '../server'
import { listOf, NoContentSchema, OPERATOR, VIEWER } from './route-options'

const tags = ['Printers']

export function printerRoutes(app: Server, node: ApiContext): void {
  const whole = new ListText()

  app.get(
    '/printers',
    {
      ...VIEWER,
      schema: {
        tags,
        operationId: 'listPrinters',
        summary: 'List printers',
        querystring: ListQuerySchema,
        response: { 200: listOf(PrinterSchema) }
      }
    },
    (request, reply) => {
      const page = pageOf(request.query)
      read(node, request, reply, () => {
        const { farm, appliedIndex } = node.replica
        if (page !== undefined) return sendPage(reply, farm.printers(page))
        sendText(
          reply,
          whole.of(farm, appliedIndex, () => farm.printers().items)
        )
      })
    }
  )

  app.post(
    '/printers',
    {
      ...OPERATOR,
      schema: {
        tags,
        operationId: 'createPrinter',
        summary: 'Add a printer',
        body: PrinterCreateSchema,
        response: { 201: PrinterSchema }
      }
    },
    (request, reply) => {
      const { id, company, model, name } = request.body
      const command = { type: 'printer.create', id: idOr(id, node.clock.wallMs()), company, model, name } as const
      commit(node, request, reply, command, { collection: 'printers', asked: { id, company, model, name } })
    }
  )

  app.get(
    '/printers/:id',
    {
      ...VIEWER,
      schema: {
        tags,
        operationId: 'getPrinter',
        summary: 'One printer',
        params: IdParamsSchema,
        querystring: ReadQuerySchema,
        response: { 200: PrinterSchema }
      }
    },
    (request, reply) => {
      const { id } = request.params
      read(node, request, reply, () => sendRecord(reply, node.replica.farm.printer(id), 'printer', id))
    }
  )

  app.patch(
    '/printers/:id',
    {
      ...OPERATOR,
      schema: {
        tags,
        operationId: 'updatePrinter',
        summary: 'Change a printer',
        params: IdParamsSchema,
        body: PrinterChangeSchema,
        response: { 200: PrinterSchema }
      }
    },
    (request, reply) => {
      const { company, model, name } = request.body
      const set = { company, model, name }
      const command = { type: 'printer.update', id: request.params.id, set } as const
      commit(node, request, reply, command, { collection: 'printers', asked: set })
    }
  )

  app.delete(
    '/printers/:id',
    {
      ...OPERATOR,
      schema: {
        tags,
        operationId: 'deletePrinter',
        summary: 'Remove a printer',
        params: IdParamsSchema,
        response: { 204: NoContentSchema }
      }
    },
    (request, reply) => {
      commit(
        node,
        request,
        reply,
        { type: 'printer.delete', id: request.params.id },
        { collection: 'printers', asked: null }
      )
    }
  )
}
