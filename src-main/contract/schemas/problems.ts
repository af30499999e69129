import { Type } from 'typebox'
import { PROBLEMS, type ProblemCode } from '../problems'

export const FieldErrorSchema = Type.Object(
  { path: Type.String({ description: 'JSON pointer to the field.' }), message: Type.String() },
  { title: 'FieldError' }
)

export const ProblemSchema = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    instance: Type.String(),
    code: Type.Enum(Object.keys(PROBLEMS) as ProblemCode[], { type: 'string', title: 'ProblemCode' }),
    errors: Type.Optional(Type.Array(FieldErrorSchema))
  },
  { title: 'Problem', description: 'RFC 9457.' }
)
