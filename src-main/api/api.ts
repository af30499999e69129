/** The REST API and web interface of a node: what is built, in order. */
import type { AddressInfo } from 'node:net'
import { Server as TlsServer } from 'node:tls'
import type { InjectOptions, LightMyRequestResponse } from 'fastify'
import { API_PREFIX } from '../contract/limits'
import { systemClock, type Clock } from '../runtime/clock'
import type { Logger } from '../runtime/log'
import type { Replica } from '../runtime/replica'
import { Access } from './access'
import type { ApiContext } from './context'
import { EventHub } from './events/hub'
import { registerOpenApi } from './openapi'
import { OwnHosts } from './own-hosts'
import type { ClusterAdmin } from './ports'
import { RefusalLog } from './refusal-log'
import { Repeats } from './repeats'
import { backupRoutes } from './routes/backup'
import { clusterRoutes } from './routes/cluster'
import { eventRoutes } from './routes/events'
import { filamentRoutes } from './routes/filaments'
import { healthRoutes } from './routes/health'
import { metricsRoute } from './routes/metrics'
import { printJobRoutes } from './routes/print-jobs'
import { printerRoutes } from './routes/printers'
import { thisNodeRoutes } from './routes/this-node'
import { tokenRoutes } from './routes/tokens'
import { createServer, TLS_VERSION_MIN } from './server'
import { Traffic } from './traffic'
import { UiPages } from './ui'

/** After this, connections that are still busy are cut. */
const CLOSE_MS = 3000

/** PEM. */
export interface KeyAndCertificate {
  readonly key: string
  readonly cert: string
}

export interface ApiOptions {
  readonly replica: Replica
  readonly admin: ClusterAdmin
  /** Port 0: any free one. Beyond loopback only with `tls`. */
  readonly listen: { readonly host: string; readonly port: number }
  readonly tls?: KeyAndCertificate
  /** Whether loopback takes a token too. */
  readonly requireToken: boolean
  /** Secret of {@link INTERNAL_HEADER}, for requests that come in by `inject`. */
  readonly internalToken?: string
  /** Host names and addresses of this machine, besides loopback; asked again when they may have changed. */
  readonly ownNames?: () => readonly string[]
  /** Folder of the built renderer. */
  readonly uiDir: string | null
  readonly log: Logger
  readonly clock?: Clock
}

export interface ApiAddress {
  readonly host: string
  readonly port: number
  readonly url: string
}

export interface Api {
  listen(): Promise<ApiAddress>
  /** A request without a socket. */
  inject(request: InjectOptions): Promise<LightMyRequestResponse>
  /**
   * Goes on with another replica, after this node has joined a cluster: open streams are told to start over, and new
   * connections are shown the certificate of the new identity, where the API speaks TLS.
   */
  use(replica: Replica, identity?: KeyAndCertificate): void
  /** Answers what is in flight, refuses what is new, and ends the event streams. */
  close(): Promise<void>
}

export async function createApi(options: ApiOptions): Promise<Api> {
  const { admin, listen, log, replica, clock = systemClock, tls = null } = options
  if (tls === null && !isLoopbackHost(listen.host)) throw new Error('Beyond loopback the API takes a certificate.')

  const hosts = new OwnHosts(() => [listen.host, ...(options.ownNames?.() ?? [])], clock)
  const node: ApiContext = {
    replica,
    admin,
    access: new Access({
      requireToken: options.requireToken,
      internalToken: options.internalToken ?? null,
      scheme: tls === null ? 'http' : 'https',
      hosts,
      clock,
      tokenByHash: (hash) => node.replica.farm.tokenByHash(hash),
      tokenById: (id) => node.replica.farm.token(id)
    }),
    events: new EventHub(replica, clock, log),
    traffic: new Traffic(),
    refusals: new RefusalLog(log, clock),
    repeats: new Repeats(clock),
    clock,
    log,
    ui: new UiPages(options.uiDir),
    stopping: false
  }
  const app = createServer(node, tls)
  await registerOpenApi(app, admin.about().version)
  await app.register(
    async (scope) => {
      printerRoutes(scope, node)
      filamentRoutes(scope, node)
      printJobRoutes(scope, node)
      clusterRoutes(scope, node)
      backupRoutes(scope, node)
      eventRoutes(scope, node)
      tokenRoutes(scope, node)
      thisNodeRoutes(scope, node)
    },
    { prefix: API_PREFIX }
  )
  healthRoutes(app, node)
  metricsRoute(app, node)
  await app.ready()

  return {
    async listen() {
      await app.listen({ host: listen.host, port: listen.port })
      const { address, port, family } = app.server.address() as AddressInfo
      hosts.listensOn(port)
      const host = family === 'IPv6' ? `[${address}]` : address
      return { host: address, port, url: `${tls === null ? 'http' : 'https'}://${host}:${port}` }
    },
    inject: (request) => app.inject(request) as Promise<LightMyRequestResponse>,
    use(next, identity) {
      node.replica = next
      if (identity !== undefined && app.server instanceof TlsServer) {
        app.server.setSecureContext({ ...identity, minVersion: TLS_VERSION_MIN })
      }
      node.events.follow(next)
    },
    async close() {
      node.stopping = true
      node.events.close()
      const cancel = clock.after(CLOSE_MS, () => app.server.closeAllConnections())
      await app.close()
      cancel()
    }
  }
}

function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}
