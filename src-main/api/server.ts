/** The HTTP server: limits, parsers, validation, headers of every answer, and problems for all that goes wrong. */
import type { Socket } from 'node:net'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type RawReplyDefaultExpression,
  type RawRequestDefaultExpression,
  type RawServerDefault
} from 'fastify'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { APPLIED_INDEX_HEADER, BODY_BYTES_MAX } from '../contract/limits'
import { Failure } from '../runtime/replica'
import type { Caller, Wanted } from './access'
import { registerBodyParsers } from './body'
import type { ApiContext } from './context'
import { UI_POLICY } from './policy'
import { failureOf, pathOf, problemOf, PROBLEM_TYPE, sendProblem } from './problem'
import { RouteTable } from './route-table'
import { compileValidator } from './validation'

export const TLS_VERSION_MIN = 'TLSv1.2'
const HEADERS_TIMEOUT_MS = 10_000
/** To receive a whole request; a large restore over a slow link needs its time. */
const REQUEST_TIMEOUT_MS = 300_000
const KEEP_ALIVE_TIMEOUT_MS = 72_000
const CONNECTIONS_CHECK_MS = 5_000
const CONNECTIONS_MAX = 4096
const HEADER_BYTES_MAX = 16 * 1024
const PATH_PARAMETER_CHARS_MAX = 4096

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call; left out: admin. */
    access?: Wanted
  }
  interface FastifyRequest {
    caller: Caller
    startedAtMs: number
  }
}

export type Server = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

export function createServer(node: ApiContext, tls: { key: string; cert: string } | null): Server {
  const options = {
    logger: false,
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: PATH_PARAMETER_CHARS_MAX },
    // Hooks do not run for these.
    frameworkErrors: (error: Error, _request: unknown, reply: FastifyReply) => {
      addHeaders(reply, node)
      sendProblem(reply, failureOf(error) ?? new Failure('invalid_request', 'The request is not valid.'))
    },
    clientErrorHandler: (error: Error, socket: Socket) => refuseUnreadable(error, socket, node)
  } as const
  const http = {
    headersTimeout: HEADERS_TIMEOUT_MS,
    maxHeaderSize: HEADER_BYTES_MAX,
    connectionsCheckingInterval: CONNECTIONS_CHECK_MS,
    // Refused with the rest of what is wrong with a request, as a problem.
    requireHostHeader: false
  }
  const app = (tls === null
    ? Fastify({ ...options, http })
    : Fastify({ ...options, https: { ...tls, ...http, minVersion: TLS_VERSION_MIN } })) as unknown as Server
  app.server.maxConnections = CONNECTIONS_MAX
  // What nobody knows how to meet may be passed over (RFC 9110, 10.1.1); Node would answer without a problem.
  app.server.on('checkExpectation', (...exchange) => app.server.emit('request', ...exchange))
  registerBodyParsers(app)
  app.setValidatorCompiler(compileValidator)
  // What answers hold is held against their schemas by the tests; a generated serialiser gains nothing here.
  app.setSerializerCompiler(() => JSON.stringify)
  app.decorateRequest('caller')
  app.decorateRequest('startedAtMs', 0)
  admitCallers(app, node)
  answerUnmatched(app, node)
  completeAnswers(app, node)
  answerFailures(app, node)
  return app
}

function admitCallers(app: Server, node: ApiContext): void {
  app.addHook('onRoute', (route) => {
    const wanted = route.config?.access ?? 'admin'
    const before = route.onRequest === undefined ? [] : [route.onRequest].flat()
    route.onRequest = [
      (request, reply, done) => {
        try {
          admit(node, wanted, request, reply)
        } catch (error) {
          return done(error as Error)
        }
        done()
      },
      ...before
    ]
  })
}

function admit(
  node: ApiContext,
  wanted: Wanted,
  request: { raw: Parameters<ApiContext['access']['admit']>[0]; caller: Caller; startedAtMs: number },
  reply: FastifyReply
): void {
  request.startedAtMs = node.clock.monotonicMs()
  if (request.raw.headers.host === undefined && request.raw.httpVersion === '1.1')
    throw new Failure('invalid_request', 'A request over HTTP/1.1 says its Host.')
  if (node.stopping) {
    reply.header('connection', 'close')
    throw new Failure('stopping', 'This node is stopping; try another.')
  }
  try {
    request.caller = node.access.admit(request.raw, wanted)
  } catch (error) {
    if (error instanceof Failure) node.refusals.add(request.raw, error)
    throw error
  }
}

/** What fits no route is answered before its body is read. */
function answerUnmatched(app: Server, node: ApiContext): void {
  const table = new RouteTable(app)
  app.addHook('onRequest', (request, reply, done) => {
    if (!request.is404) return done()
    try {
      admit(node, 'public', request, reply)
    } catch (error) {
      return done(error as Error)
    }
    const path = pathOf(request.raw.url)
    const allowed = table.methodsOf(path)
    if (allowed.length > 0) {
      reply.header('allow', allowed.join(', '))
      return sendProblem(reply, new Failure('method_not_allowed', `${path} takes ${allowed.join(', ')}.`))
    }
    if (node.ui.answer(request, reply)) return
    sendProblem(reply, new Failure('not_found', `There is nothing at ${path}.`))
  })
}

function completeAnswers(app: Server, node: ApiContext): void {
  app.addHook('onSend', (request, reply, payload, done) => {
    addHeaders(reply, node)
    node.traffic.answered(request.method, reply.statusCode, node.clock.monotonicMs() - request.startedAtMs)
    done(null, payload)
  })
}

function addHeaders(reply: FastifyReply, node: ApiContext): void {
  reply.header(APPLIED_INDEX_HEADER, node.replica.appliedIndex)
  reply.header('x-content-type-options', 'nosniff')
  reply.header('cross-origin-resource-policy', 'same-origin')
  if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store')
  const type = reply.getHeader('content-type')
  if (typeof type !== 'string' || !type.startsWith('text/html')) return
  if (!reply.hasHeader('content-security-policy')) reply.header('content-security-policy', UI_POLICY)
  reply.header('referrer-policy', 'no-referrer')
  reply.header('cross-origin-opener-policy', 'same-origin')
}

function answerFailures(app: Server, node: ApiContext): void {
  app.setErrorHandler((error, request, reply) => {
    let failure = failureOf(error)
    if (failure === null) {
      const { method, raw } = request
      node.log.error({ event: 'api_defect', method, path: pathOf(raw.url), err: error }, 'A request failed.')
      failure = new Failure('internal', 'The request failed on this node; the log of the node says more.')
    }
    sendProblem(reply, failure)
  })
}

/** What Node's parser could not read as HTTP; there is no request to answer to. */
function refuseUnreadable(error: Error & { code?: string }, socket: Socket, node: ApiContext): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) return void socket.destroy()
  const failure = new Failure('invalid_request', 'The request could not be read as HTTP.')
  const body = JSON.stringify(problemOf(failure, ''))
  socket.end(
    'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n' +
      `${APPLIED_INDEX_HEADER}: ${node.replica.appliedIndex}\r\n` +
      `Content-Type: ${PROBLEM_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  )
}
