import { FilamentChangeSchema, FilamentCreateSchema, FilamentSchema } from '../../contract/schemas/filaments'
import { IdParamsSchema, ListQuerySchema, ReadQuerySchema } from '../../contract/schemas/queries'
import { commit } from '../commit'
import type { ApiContext } from '../context'
import { idOr } from '../ids'
import { ListText } from '../list-text'
import { pageOf, read, sendPage, sendRecord, sendText } from '../read'
import type { Server } from '../server'
import { listOf, NoContentSchema, OPERATOR, VIEWER } from './route-options'

const tags = ['Filaments']

export function filamentRoutes(app: Server, node: ApiContext): void {
  const whole = new ListText()

  app.get(
    '/filaments',
    {
      ...VIEWER,
      schema: {
        tags,
        operationId: 'listFilaments',
        summary: 'List filaments',
        querystring: ListQuerySchema,
        response: { 200: listOf(FilamentSchema) }
      }
    },
    (request, reply) => {
      const page = pageOf(request.query)
      read(node, request, reply, () => {
        const { farm, appliedIndex } = node.replica
        if (page !== undefined) return sendPage(reply, farm.filaments(page))
        sendText(
          reply,
          whole.of(farm, appliedIndex, () => farm.filaments().items)
        )
      })
    }
  )

  app.post(
    '/filaments',
    {
      ...OPERATOR,
      schema: {
        tags,
        operationId: 'createFilament',
        summary: 'Add a filament',
        body: FilamentCreateSchema,
        response: { 201: FilamentSchema }
      }
    },
    (request, reply) => {
      const { id, type: material, color, total_weight_in_grams, remaining_weight_in_grams, name } = request.body
      const fields = { material, color, total_weight_in_grams, remaining_weight_in_grams, name }
      const command = { type: 'filament.create', id: idOr(id, node.clock.wallMs()), ...fields } as const
      commit(node, request, reply, command, { collection: 'filaments', asked: { id, ...fields } })
    }
  )

  app.get(
    '/filaments/:id',
    {
      ...VIEWER,
      schema: {
        tags,
        operationId: 'getFilament',
        summary: 'One filament',
        params: IdParamsSchema,
        querystring: ReadQuerySchema,
        response: { 200: FilamentSchema }
      }
    },
    (request, reply) => {
      const { id } = request.params
      read(node, request, reply, () => sendRecord(reply, node.replica.farm.filament(id), 'filament', id))
    }
  )

  app.patch(
    '/filaments/:id',
    {
      ...OPERATOR,
      schema: {
        tags,
        operationId: 'updateFilament',
        summary: 'Change a filament',
        params: IdParamsSchema,
        body: FilamentChangeSchema,
        response: { 200: FilamentSchema }
      }
    },
    (request, reply) => {
      const { type, color, total_weight_in_grams, remaining_weight_in_grams, name } = request.body
      const set = { type, color, total_weight_in_grams, remaining_weight_in_grams, name }
      const command = { type: 'filament.update', id: request.params.id, set } as const
      commit(node, request, reply, command, { collection: 'filaments', asked: set })
    }
  )

  app.delete(
    '/filaments/:id',
    {
      ...OPERATOR,
      schema: {
        tags,
        operationId: 'deleteFilament',
        summary: 'Remove a filament',
        params: IdParamsSchema,
        response: { 204: NoContentSchema }
      }
    },
    (request, reply) => {
      const command = { type: 'filament.delete', id: request.params.id } as const
      commit(node, request, reply, command, { collection: 'filaments', asked: null })
    }
  )
}
