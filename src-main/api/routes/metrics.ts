import type { Metric, Registry } from 'prom-client'
import type { ApiContext } from '../context'
import { farmMetrics, httpMetrics, replicaMetrics } from '../metrics'
import type { Server } from '../server'
import { VIEWER } from './route-options'

export function metricsRoute(app: Server, node: ApiContext): void {
  let registry: Promise<Registry> | null = null
  app.get('/metrics', { ...VIEWER, exposeHeadRoute: false, schema: { hide: true } }, async (_request, reply) => {
    // Loaded when first asked for: most nodes are never scraped.
    registry ??= createRegistry(node)
    const { contentType, metrics } = await registry.then(async (made) => {
      return { contentType: made.contentType, metrics: await made.metrics() }
    })
    return reply.header('content-type', contentType).send(metrics)
  })
}

async function createRegistry(node: ApiContext): Promise<Registry> {
  const { collectDefaultMetrics, Registry: Made } = await import('prom-client')
  const registry = new Made()
  collectDefaultMetrics({ register: registry })
  for (const metric of [...httpMetrics(node), ...farmMetrics(node), ...replicaMetrics(node)]) {
    registry.registerMetric(metric as unknown as Metric)
  }
  return registry
}
