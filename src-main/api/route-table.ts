/** Which methods a path takes, so that a wrong one is told apart from a wrong path. */
import type { FastifyInstance } from 'fastify'

export class RouteTable {
  private readonly routes: { readonly segments: readonly string[]; readonly methods: readonly string[] }[] = []

  /** Sees the routes that are added from here on. */
  constructor(app: FastifyInstance) {
    app.addHook('onRoute', ({ url, method }) => {
      this.routes.push({ segments: segmentsOf(url), methods: [method].flat() })
    })
  }

  methodsOf(path: string): readonly string[] {
    const segments = segmentsOf(path)
    const methods = this.routes.filter((route) => fits(route.segments, segments)).flatMap((route) => route.methods)
    return [...new Set(methods)].sort()
  }
}

/** A slash at the end makes no difference, as in the router. */
const segmentsOf = (path: string): readonly string[] => path.replace(/\/$/, '').split('/')

function fits(pattern: readonly string[], segments: readonly string[]): boolean {
  if (pattern.includes('*') || pattern.length !== segments.length) return false
  return pattern.every((part, at) => part === segments[at] || (part.startsWith(':') && segments[at] !== ''))
}
