import { Type } from 'typebox'
import { TOKEN_TTL_SECONDS_MAX } from '../limits'
import { TOKEN_ROLES } from '../tokens'
import { IdSchema, TextSchema, TimeSchema } from './fields'

export const TokenRoleSchema = Type.Enum(TOKEN_ROLES, {
  type: 'string',
  title: 'TokenRole',
  description: 'viewer reads; operator also changes printers, filaments and jobs; admin may do everything.'
})

const fields = {
  id: IdSchema,
  name: TextSchema,
  role: TokenRoleSchema,
  created_at: TimeSchema,
  expires_at: Type.Union([TimeSchema, Type.Null()], { description: 'Milliseconds since 1970; null: never.' })
}

export const TokenSchema = Type.Object(fields, { title: 'Token' })

export const TokenCreatedSchema = Type.Object(
  {
    ...fields,
    token: Type.Union([Type.String(), Type.Null()], {
      description: 'The secret, shown this once; null when a repeated Idempotency-Key gives the first answer again.'
    })
  },
  { title: 'TokenCreated' }
)

export const TokenCreateSchema = Type.Object(
  {
    name: TextSchema,
    role: TokenRoleSchema,
    ttl_seconds: Type.Optional(
      Type.Integer({ minimum: 1, maximum: TOKEN_TTL_SECONDS_MAX, description: 'Left out: the token never expires.' })
    ),
    // Ignored like any unknown key, it would make a token that never expires.
    expires_at: Type.Optional(Type.Null({ description: 'Follows from ttl_seconds, and cannot be given.' }))
  },
  { title: 'TokenCreate' }
)
