/** What every route knows of the node that it runs on. */
import type { Clock } from '../runtime/clock'
import type { Logger } from '../runtime/log'
import type { Replica } from '../runtime/replica'
import type { Access } from './access'
import type { EventHub } from './events/hub'
import type { ClusterAdmin } from './ports'
import type { RefusalLog } from './refusal-log'
import type { Repeats } from './repeats'
import type { Traffic } from './traffic'
import type { UiPages } from './ui'

export interface ApiContext {
  /** The one in use; another after this node has joined a cluster. */
  replica: Replica
  readonly admin: ClusterAdmin
  readonly access: Access
  readonly events: EventHub
  readonly traffic: Traffic
  readonly refusals: RefusalLog
  readonly repeats: Repeats
  readonly clock: Clock
  readonly log: Logger
  readonly ui: UiPages
  stopping: boolean
}
