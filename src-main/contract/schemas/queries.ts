/** Queries and path parameters. */
import { Type } from 'typebox'
import { PAGE_ITEMS_MAX, TEXT_CHARS_MAX } from '../limits'

const read = {
  consistency: Type.Optional(
    Type.Enum(['linearizable', 'stale'], {
      type: 'string',
      description: 'linearizable (default): as of this request. stale: this node’s copy, at once, quorum or not.'
    })
  )
}

const list = {
  ...read,
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: PAGE_ITEMS_MAX, description: 'Left out: everything in one answer.' })
  ),
  cursor: Type.Optional(
    Type.String({ maxLength: 64, description: 'From the Link header of the page before (rel="next").' })
  )
}

const FilterSchema = Type.Optional(Type.String({ minLength: 1, maxLength: TEXT_CHARS_MAX }))

export const ReadQuerySchema = Type.Object(read)

export const ListQuerySchema = Type.Object(list)

export const PrintJobListQuerySchema = Type.Object({
  ...list,
  status: FilterSchema,
  printer_id: FilterSchema,
  filament_id: FilterSchema
})

export const StatusQuerySchema = Type.Object({
  status: Type.Optional(Type.String({ description: 'Queued, Running, Done or Cancelled, in any case.' }))
})

export const LogQuerySchema = Type.Object({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: PAGE_ITEMS_MAX, description: 'The newest so many.' }))
})

export const IdParamsSchema = Type.Object({ id: Type.String() })
