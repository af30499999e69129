/**
 * Who may call. Without a token: only from this machine, under one of the node's own names, and never from a page
 * of another origin. With a token: what its role allows. Decided before the body is read.
 */
import type { IncomingMessage } from 'node:http'
import { mayActAs, type TokenRole } from '../contract/tokens'
import type { Token } from '../farm/types'
import type { Clock } from '../runtime/clock'
import { Failure } from '../runtime/replica'
import { hashSecret, sameHash } from '../security/secrets'
import { FailedAttempts } from './failed-attempts'
import type { OwnHosts } from './own-hosts'

/** What a route asks of its caller; `public` routes hold no data of the farm. */
export type Wanted = TokenRole | 'public'

export interface Caller {
  /** Name of the token, or "local". */
  readonly name: string
  readonly role: TokenRole
  readonly tokenId: string | null
}

/** Carries the secret of the shell, which passes the window's requests on within this process. */
export const INTERNAL_HEADER = 'x-raft3d-internal'

export const LOCAL: Caller = { name: 'local', role: 'admin', tokenId: null }
const NOBODY: Caller = { name: 'nobody', role: 'viewer', tokenId: null }

export class Access {
  private readonly attempts = new FailedAttempts()
  private readonly internalHash: string | null

  constructor(
    private readonly deps: {
      readonly requireToken: boolean
      readonly internalToken: string | null
      readonly scheme: 'http' | 'https'
      readonly hosts: OwnHosts
      readonly clock: Clock
      readonly tokenByHash: (hash: string) => Token | null
      readonly tokenById: (id: string) => Token | null
    }
  ) {
    this.internalHash = deps.internalToken === null ? null : hashSecret(deps.internalToken)
  }

  /** @throws Failure unauthorized, forbidden, misdirected, too_many_requests */
  admit(request: IncomingMessage, wanted: Wanted): Caller {
    const { headers } = request
    if (headers[INTERNAL_HEADER] !== undefined) return this.shell(request)
    if (wanted !== 'public') this.refuseForeignPages(request)
    const caller = headers.authorization === undefined ? this.tokenless(request, wanted) : this.bearer(request)
    if (wanted === 'public' || mayActAs(caller.role, wanted)) return caller
    throw new Failure('forbidden', `This takes the role ${wanted}; the token "${caller.name}" is a ${caller.role}.`)
  }

  /** Whether a caller that was admitted would be so again: streams stay open for long. */
  stillValid({ tokenId }: Caller): boolean {
    if (tokenId === null) return true
    const token = this.deps.tokenById(tokenId)
    return token !== null && !this.hasExpired(token)
  }

  private shell({ headers, socket }: IncomingMessage): Caller {
    const secret = headers[INTERNAL_HEADER]
    const fits =
      this.internalHash !== null &&
      typeof secret === 'string' &&
      sameHash(hashSecret(secret), this.internalHash) &&
      isLoopback(socket.remoteAddress)
    if (fits) return LOCAL
    throw new Failure('unauthorized', `${INTERNAL_HEADER} is for the app's own window.`)
  }

  /** Browsers say where a request comes from; programs do not. */
  private refuseForeignPages({ headers }: IncomingMessage): void {
    const { origin, host } = headers
    const site = headers['sec-fetch-site']
    const foreign =
      (origin !== undefined && origin.toLowerCase() !== `${this.deps.scheme}://${host ?? ''}`.toLowerCase()) ||
      (site !== undefined && site !== 'same-origin' && site !== 'none')
    if (foreign) throw new Failure('forbidden', 'Pages of other origins may not use this API.')
  }

  private tokenless(request: IncomingMessage, wanted: Wanted): Caller {
    const { headers, socket } = request
    // What a proxy on this machine passes on comes from elsewhere.
    const proxied = headers['x-forwarded-for'] !== undefined || headers.forwarded !== undefined
    if (isLoopback(socket.remoteAddress) && !proxied) {
      if (!this.deps.hosts.has(headers.host ?? '')) {
        throw new Failure('misdirected', `"${headers.host ?? ''}" is not a name of this node.`)
      }
      if (!this.deps.requireToken) return LOCAL
    }
    if (wanted === 'public') return NOBODY
    throw new Failure('unauthorized', 'Send a token: Authorization: Bearer …')
  }

  private bearer({ headers, socket }: IncomingMessage): Caller {
    const address = socket.remoteAddress ?? ''
    const { clock } = this.deps
    const wait = this.attempts.retryAfterSeconds(address, clock.monotonicMs())
    if (wait > 0) {
      throw new Failure('too_many_requests', 'Too many wrong tokens from this address.', { retryAfterSeconds: wait })
    }
    const secret = /^Bearer +([^\s]+) *$/i.exec(headers.authorization ?? '')?.[1]
    const token = secret === undefined ? null : this.deps.tokenByHash(hashSecret(secret))
    if (token !== null && !this.hasExpired(token)) {
      return { name: token.name, role: token.role, tokenId: token.id }
    }
    this.attempts.add(address, clock.monotonicMs())
    throw new Failure('unauthorized', token === null ? 'The token is not known.' : 'The token has expired.')
  }

  private hasExpired({ expires_at }: Token): boolean {
    return expires_at !== null && this.deps.clock.wallMs() >= expires_at
  }
}

function isLoopback(address: string | undefined): boolean {
  if (address === undefined) return false
  return address.startsWith('127.') || address === '::1' || address.startsWith('::ffff:127.')
}
