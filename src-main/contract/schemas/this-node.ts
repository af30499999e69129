/** What one node says of itself: settings, log lines, about. */
import { Type } from 'typebox'
import { LOG_LEVELS } from '../this-node'
import { NODE_NAME_CHARS_MAX } from '../limits'
import { IdSchema, TimeSchema } from './fields'
import { TokenRoleSchema } from './tokens'

export const SettingsSchema = Type.Object(
  {
    node_id: IdSchema,
    cluster_id: Type.String(),
    name: Type.String(),
    api_address: Type.String({ description: 'HOST:PORT of the REST API and the web UI.' }),
    rpc_address: Type.String({ description: 'HOST:PORT that this node listens on for its peers.' }),
    advertise_address: Type.String({ description: 'HOST:PORT that peers dial.' }),
    urls: Type.Array(Type.String(), { description: 'Where people open this node’s UI.' }),
    tls: Type.Boolean(),
    require_token: Type.Boolean(),
    discovery: Type.Boolean(),
    fingerprint: Type.String({ description: 'SHA-256 of this node’s certificate.' }),
    data_dir: Type.String()
  },
  { title: 'Settings' }
)

export const SettingsChangeSchema = Type.Object(
  { name: Type.Optional(Type.String({ minLength: 1, maxLength: NODE_NAME_CHARS_MAX })) },
  { title: 'SettingsChange' }
)

export const LogLineSchema = Type.Object(
  {
    time: TimeSchema,
    level: Type.Enum(LOG_LEVELS, { type: 'string', title: 'LogLevel' }),
    event: Type.Union([Type.String(), Type.Null()], {
      description: 'What happened, for programs; null where unnamed.'
    }),
    message: Type.String()
  },
  { title: 'LogLine' }
)

export const AboutSchema = Type.Object(
  {
    version: Type.String(),
    license: Type.String(),
    homepage: Type.String(),
    node_version: Type.String(),
    electron_version: Type.Union([Type.String(), Type.Null()], { description: 'null when headless.' }),
    platform: Type.String(),
    arch: Type.String(),
    started_at: TimeSchema,
    memory_bytes: Type.Integer({ minimum: 0 })
  },
  { title: 'About' }
)

export const WhoamiSchema = Type.Object(
  {
    name: Type.String({ description: 'Name of the token, or "local".' }),
    role: TokenRoleSchema,
    token_id: Type.Union([IdSchema, Type.Null()], { description: 'null without a token.' })
  },
  { title: 'Whoami' }
)

export const OverviewSchema = Type.Object(
  {
    applied_index: Type.Integer({ minimum: 0 }),
    printers: Type.Integer({ minimum: 0 }),
    filaments: Type.Integer({ minimum: 0 }),
    jobs: Type.Object({
      Queued: Type.Integer({ minimum: 0 }),
      Running: Type.Integer({ minimum: 0 }),
      Done: Type.Integer({ minimum: 0 }),
      Cancelled: Type.Integer({ minimum: 0 })
    })
  },
  { title: 'Overview' }
)

export const RestoredSchema = Type.Object(
  { printers: Type.Integer(), filaments: Type.Integer(), print_jobs: Type.Integer(), tokens: Type.Integer() },
  { title: 'Restored', description: 'How many records there are now.' }
)

export const BackupSchema = Type.Object(
  { format: Type.String(), version: Type.Integer() },
  { additionalProperties: true, title: 'Backup', description: 'As GET /backup gives it.' }
)
