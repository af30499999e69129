/**
 * The first words on every connection, after TLS and before anything else: who dials, for what, in which versions
 * of the protocol. Answered by a welcome or by a refusal with its reason.
 */
import type { NodeId } from '../raft/types'
import { makeFrame } from './frame'
import { FRAME } from './frame-types'
import { decodeJson, encodeJson } from './json'
import { ProtocolError } from './protocol-error'
import { asShape, count, nodeId, oneOf, text } from './shapes'

export const PROTOCOL = { min: 1, max: 1 } as const
/** What this side can do beyond the protocol's version. */
export const FEATURES: readonly string[] = ['fetch']
/** Stands before the JSON, so that a stray protocol is recognised as such. */
const MAGIC = Buffer.from('RAFT3D\r\n', 'latin1')
const FEATURES_MAX = 64

/** `snapshot`: the sender of one dials; `fetch`: its receiver does, when it was asked to. */
export const CHANNELS = ['control', 'log', 'snapshot', 'fetch', 'join'] as const
export type Channel = (typeof CHANNELS)[number]

export interface Hello {
  readonly protocol: { readonly min: number; readonly max: number }
  readonly clusterId: string
  readonly nodeId: NodeId
  /** The member that the dialler expects to reach; null on a join channel, where it knows only a certificate. */
  readonly to: NodeId | null
  /** Drawn at the start of the process: two with one node id are two copies of one data folder. */
  readonly instance: string
  readonly channel: Channel
  readonly features: readonly string[]
}

export interface Welcome {
  /** Highest version that both sides know. */
  readonly version: number
  readonly nodeId: NodeId
  readonly instance: string
  readonly features: readonly string[]
}

export const REFUSAL_CODES = [
  'incompatible_version',
  'wrong_cluster',
  'wrong_node',
  'not_a_member',
  'wrong_certificate',
  'duplicate_instance',
  'busy',
  'bad_hello'
] as const
export type RefusalCode = (typeof REFUSAL_CODES)[number]

export interface HelloRefusal {
  readonly code: RefusalCode
  readonly reason: string
}

export function encodeHello(hello: Hello): Buffer {
  return makeFrame(FRAME.hello, Buffer.concat([MAGIC, encodeJson(hello)]))
}

/** @throws ProtocolError */
export function decodeHello(type: number, payload: Buffer): Hello {
  if (type !== FRAME.hello || !payload.subarray(0, MAGIC.length).equals(MAGIC)) throw new ProtocolError('no hello')
  const shape = asShape(decodeJson(payload.subarray(MAGIC.length)), 'hello')
  const protocol = asShape(shape['protocol'], 'protocol')
  return {
    protocol: { min: count(protocol, 'min'), max: count(protocol, 'max') },
    clusterId: text(shape, 'clusterId'),
    nodeId: nodeId(shape, 'nodeId'),
    to: shape['to'] === null ? null : nodeId(shape, 'to'),
    instance: text(shape, 'instance', 64),
    channel: oneOf(shape, 'channel', CHANNELS),
    features: features(shape['features'])
  }
}

export const encodeWelcome = (welcome: Welcome): Buffer => makeFrame(FRAME.welcome, encodeJson(welcome))
export const encodeRefusal = (refusal: HelloRefusal): Buffer => makeFrame(FRAME.refused, encodeJson(refusal))

/** @throws ProtocolError */
export function decodeAnswer(type: number, payload: Buffer): Welcome | HelloRefusal {
  if (type !== FRAME.welcome && type !== FRAME.refused) throw new ProtocolError('no answer to the hello')
  const shape = asShape(decodeJson(payload), 'answer')
  if (type === FRAME.refused) return { code: oneOf(shape, 'code', REFUSAL_CODES), reason: text(shape, 'reason') }
  const version = count(shape, 'version')
  if (version < PROTOCOL.min || version > PROTOCOL.max) throw new ProtocolError('a version that was not offered')
  return {
    version,
    nodeId: nodeId(shape, 'nodeId'),
    instance: text(shape, 'instance', 64),
    features: features(shape['features'])
  }
}

/** Highest version that both know; null when there is none. */
export function negotiate(theirs: Hello['protocol'], ours: Hello['protocol'] = PROTOCOL): number | null {
  const version = Math.min(theirs.max, ours.max)
  return version >= Math.max(theirs.min, ours.min) ? version : null
}

function features(value: unknown): readonly string[] {
  if (!Array.isArray(value) || value.length > FEATURES_MAX) throw new ProtocolError('features are malformed')
  return value.filter((feature): feature is string => typeof feature === 'string' && feature.length <= 64)
}
