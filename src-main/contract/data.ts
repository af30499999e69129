import type { Static, TSchema } from 'typebox'

type Frozen<T> = T extends readonly (infer Item)[]
  ? readonly Frozen<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Frozen<T[Key]> }
    : T

/** What a schema describes, readonly all the way down. Types only: importing this costs a bundle nothing. */
export type Data<Schema extends TSchema> = Frozen<Static<Schema>>
