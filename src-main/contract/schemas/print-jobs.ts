import { Type } from 'typebox'
import { FILEPATH_CHARS_MAX, TEXT_CHARS_MAX } from '../limits'
import { JOB_STATUSES } from '../print-jobs'
import { IdInputSchema, IdSchema, PositiveGramsSchema, TimeSchema } from './fields'

export const JobStatusSchema = Type.Enum(JOB_STATUSES, { type: 'string', title: 'JobStatus' })

/** Any case, `canceled` too, with or without quotes; what it means is decided by the API. */
export const JobStatusInputSchema = Type.String({
  minLength: 1,
  maxLength: TEXT_CHARS_MAX,
  description: 'Queued, Running, Done or Cancelled, in any case.'
})

export const JobEventSchema = Type.Object(
  {
    status: JobStatusSchema,
    at: TimeSchema,
    by: Type.String({ description: 'Name of the token, or "local".' }),
    node: Type.String({ description: 'Name of the node that took the request.' })
  },
  { title: 'JobEvent' }
)

export const PrintJobSchema = Type.Object(
  {
    id: IdSchema,
    printer_id: IdSchema,
    filament_id: IdSchema,
    filepath: Type.String(),
    print_weight_in_grams: PositiveGramsSchema,
    status: JobStatusSchema,
    created_at: TimeSchema,
    updated_at: TimeSchema,
    history: Type.Array(JobEventSchema, { description: 'Oldest first.' })
  },
  { title: 'PrintJob' }
)

export const PrintJobCreateSchema = Type.Object(
  {
    id: Type.Optional(IdInputSchema),
    printer_id: IdInputSchema,
    filament_id: IdInputSchema,
    filepath: Type.String({ minLength: 1, maxLength: FILEPATH_CHARS_MAX }),
    print_weight_in_grams: PositiveGramsSchema,
    status: Type.Optional(
      Type.Unknown({ description: 'Jobs start as Queued: anything else is refused, Queued is ignored.' })
    )
  },
  { title: 'PrintJobCreate' }
)

/** May be left out altogether where the query says it. */
export const JobStatusChangeSchema = Type.Union(
  [Type.Object({ status: Type.Optional(JobStatusInputSchema) }, { title: 'JobStatusObject' }), JobStatusInputSchema],
  { title: 'JobStatusChange' }
)
