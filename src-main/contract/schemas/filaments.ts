import { Type } from 'typebox'
import { GramsSchema, IdInputSchema, IdSchema, NameSchema, PositiveGramsSchema, TextSchema, TimeSchema } from './fields'

export const FilamentSchema = Type.Object(
  {
    id: IdSchema,
    type: TextSchema,
    color: TextSchema,
    total_weight_in_grams: PositiveGramsSchema,
    remaining_weight_in_grams: GramsSchema,
    reserved_weight_in_grams: Type.Number({
      description: 'Grams. The sum of the weights of the Queued and Running jobs on this filament.'
    }),
    name: Type.Optional(NameSchema),
    created_at: TimeSchema,
    updated_at: TimeSchema
  },
  { title: 'Filament' }
)

export const FilamentCreateSchema = Type.Object(
  {
    id: Type.Optional(IdInputSchema),
    type: TextSchema,
    color: TextSchema,
    total_weight_in_grams: PositiveGramsSchema,
    remaining_weight_in_grams: Type.Optional(
      Type.Number({ minimum: 0, description: 'Grams; at most the total. Left out: the total.' })
    ),
    name: Type.Optional(NameSchema)
  },
  { title: 'FilamentCreate' }
)

/** What is left out stays as it is; a name of '' is taken away. */
export const FilamentChangeSchema = Type.Object(
  {
    type: Type.Optional(TextSchema),
    color: Type.Optional(TextSchema),
    total_weight_in_grams: Type.Optional(PositiveGramsSchema),
    remaining_weight_in_grams: Type.Optional(GramsSchema),
    name: Type.Optional(NameSchema)
  },
  { title: 'FilamentChange' }
)
