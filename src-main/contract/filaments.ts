import type { Data } from './data'
import type { FilamentChangeSchema, FilamentCreateSchema, FilamentSchema } from './schemas/filaments'

export type Filament = Data<typeof FilamentSchema>
export type FilamentCreate = Data<typeof FilamentCreateSchema>
export type FilamentChange = Data<typeof FilamentChangeSchema>
