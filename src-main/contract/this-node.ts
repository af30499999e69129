import type { Data } from './data'
import type {
  AboutSchema,
  LogLineSchema,
  OverviewSchema,
  RestoredSchema,
  SettingsChangeSchema,
  SettingsSchema,
  WhoamiSchema
} from './schemas/this-node'

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

export type Settings = Data<typeof SettingsSchema>
export type SettingsChange = Data<typeof SettingsChangeSchema>
export type LogLine = Data<typeof LogLineSchema>
export type About = Data<typeof AboutSchema>
export type Whoami = Data<typeof WhoamiSchema>
export type Overview = Data<typeof OverviewSchema>
export type Restored = Data<typeof RestoredSchema>
