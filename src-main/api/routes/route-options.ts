/** What routes declare alike: who may call them, and the shapes of answers. */
import { Type, type TSchema } from 'typebox'

export const PUBLIC = { config: { access: 'public' } } as const
export const VIEWER = { config: { access: 'viewer' } } as const
export const OPERATOR = { config: { access: 'operator' } } as const
export const ADMIN = { config: { access: 'admin' } } as const

export const listOf = <Item extends TSchema>(item: Item) => Type.Array(item, { description: 'In creation order.' })

/** No body. */
export const NoContentSchema = Type.Null({ description: 'Done; no content.' })
