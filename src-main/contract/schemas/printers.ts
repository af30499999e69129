import { Type } from 'typebox'
import { IdInputSchema, IdSchema, NameSchema, TextSchema, TimeSchema } from './fields'

export const PrinterSchema = Type.Object(
  {
    id: IdSchema,
    company: TextSchema,
    model: TextSchema,
    name: Type.Optional(NameSchema),
    created_at: TimeSchema,
    updated_at: TimeSchema
  },
  { title: 'Printer' }
)

export const PrinterCreateSchema = Type.Object(
  { id: Type.Optional(IdInputSchema), company: TextSchema, model: TextSchema, name: Type.Optional(NameSchema) },
  { title: 'PrinterCreate' }
)

/** What is left out stays as it is; a name of '' is taken away. */
export const PrinterChangeSchema = Type.Object(
  { company: Type.Optional(TextSchema), model: Type.Optional(TextSchema), name: Type.Optional(NameSchema) },
  { title: 'PrinterChange' }
)
