import type { Data } from './data'
import type { TokenCreatedSchema, TokenCreateSchema, TokenSchema } from './schemas/tokens'

export const TOKEN_ROLES = ['viewer', 'operator', 'admin'] as const
export type TokenRole = (typeof TOKEN_ROLES)[number]

/** Each role may also do what the ones before it may. */
export const mayActAs = (role: TokenRole, wanted: TokenRole): boolean =>
  TOKEN_ROLES.indexOf(role) >= TOKEN_ROLES.indexOf(wanted)

export type Token = Data<typeof TokenSchema>
export type TokenCreate = Data<typeof TokenCreateSchema>
export type TokenCreated = Data<typeof TokenCreatedSchema>
