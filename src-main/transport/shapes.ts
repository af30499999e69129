/** From `unknown` to the types of the core: every field that arrives as JSON is checked here before it goes on. */
import {
  asIndex,
  asNodeId,
  asTerm,
  type Configuration,
  type LogIndex,
  type MemberInfo,
  type NodeId,
  type SnapshotMeta,
  type Term
} from '../raft/types'
import { ProtocolError } from './protocol-error'

const NODE_ID = /^[\w.-]{1,64}$/
const FINGERPRINT = /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/
const SHA256 = /^[0-9a-f]{64}$/
const MEMBERS_MAX = 256

export type Shape = Readonly<Record<string, unknown>>

const wrong = (what: string): ProtocolError => new ProtocolError(`${what} is missing or malformed`)

export function asShape(value: unknown, what: string): Shape {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(what)
  return value as Shape
}

export function text(from: Shape, key: string, charsMax = 256): string {
  const value = from[key]
  if (typeof value !== 'string' || value.length > charsMax) throw wrong(key)
  return value
}

export function oneOf<T extends string>(from: Shape, key: string, values: readonly T[]): T {
  const value = from[key]
  if (!values.includes(value as T)) throw wrong(key)
  return value as T
}

export function count(from: Shape, key: string): number {
  const value = from[key]
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw wrong(key)
  return value
}

export function flag(from: Shape, key: string): boolean {
  const value = from[key]
  if (typeof value !== 'boolean') throw wrong(key)
  return value
}

export const term = (from: Shape, key: string): Term => asTerm(count(from, key))
export const index = (from: Shape, key: string): LogIndex => asIndex(count(from, key))

export function nodeId(from: Shape, key: string): NodeId {
  return checkedNodeId(from[key], key)
}

function checkedNodeId(value: unknown, what: string): NodeId {
  if (typeof value !== 'string' || !NODE_ID.test(value)) throw wrong(what)
  return asNodeId(value)
}

function nodeIds(from: Shape, key: string): NodeId[] {
  const value = from[key]
  if (!Array.isArray(value) || value.length > MEMBERS_MAX) throw wrong(key)
  return value.map((id: unknown) => checkedNodeId(id, key))
}

export function fingerprint(from: Shape, key: string): string {
  const value = from[key]
  if (typeof value !== 'string' || !FINGERPRINT.test(value)) throw wrong(key)
  return value
}

export function memberInfo(value: unknown): MemberInfo {
  const from = asShape(value, 'member')
  return {
    name: text(from, 'name'),
    rpcAddress: text(from, 'rpcAddress'),
    apiAddress: text(from, 'apiAddress'),
    fingerprint: fingerprint(from, 'fingerprint')
  }
}

export function members(from: Shape, key: string): Record<string, MemberInfo> {
  const entries = Object.entries(asShape(from[key], key))
  if (entries.length > MEMBERS_MAX) throw wrong(key)
  return Object.fromEntries(entries.map(([id, info]) => [checkedNodeId(id, key), memberInfo(info)]))
}

export function snapshotMeta(value: unknown): SnapshotMeta {
  const from = asShape(value, 'snapshot')
  const sha256 = text(from, 'sha256', 64)
  if (!SHA256.test(sha256)) throw wrong('sha256')
  return {
    index: index(from, 'index'),
    term: term(from, 'term'),
    configuration: configuration(from['configuration']),
    configurationIndex: index(from, 'configurationIndex'),
    bytes: count(from, 'bytes'),
    sha256,
    format: count(from, 'format')
  }
}

function configuration(value: unknown): Configuration {
  const from = asShape(value, 'configuration')
  return {
    voters: nodeIds(from, 'voters'),
    votersOutgoing: nodeIds(from, 'votersOutgoing'),
    learners: nodeIds(from, 'learners'),
    learnersNext: nodeIds(from, 'learnersNext'),
    members: members(from, 'members')
  }
}
