/** Schemas of the values that several records share. */
import { Type } from 'typebox'
import { ID_CHARS_MAX, TEXT_CHARS_MAX } from '../limits'

export const IdSchema = Type.String({
  minLength: 1,
  maxLength: ID_CHARS_MAX,
  description: 'Unique within its kind.'
})

/** As clients may write it; kept as a string. */
export const IdInputSchema = Type.Union(
  [
    Type.String({ minLength: 1, maxLength: ID_CHARS_MAX }),
    Type.Integer({ minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER })
  ],
  { description: 'A string or an integer; kept as a string. Drawn by the server when left out.' }
)

export const TextSchema = Type.String({ minLength: 1, maxLength: TEXT_CHARS_MAX })

export const NameSchema = Type.String({ maxLength: TEXT_CHARS_MAX, description: 'What people call it.' })

export const TimeSchema = Type.Integer({ description: 'Milliseconds since 1970.' })

export const PositiveGramsSchema = Type.Number({ exclusiveMinimum: 0, description: 'Grams.' })

export const GramsSchema = Type.Number({ minimum: 0, description: 'Grams.' })
