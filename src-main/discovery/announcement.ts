/**
 * What a node says of itself on the LAN, and what is believed of what others say: short, printable, and nothing
 * more. Anybody on the network can say anything here.
 */
import { toUSVString } from 'node:util'
import type { Service } from 'bonjour-service'

/** Of this node. Changes are announced. */
export interface Announcement {
  readonly name: string
  readonly nodeId: string
  /** null or empty: in no cluster yet. */
  readonly clusterId: string | null
  readonly rpcPort: number
  /** HOST:PORT of the REST API and web UI, for people. */
  readonly apiAddress: string
  /** Of the program. */
  readonly version: string
}

/** A node seen on the LAN; never trusted by that alone. */
export interface DiscoveredPeer {
  readonly node_id: string
  readonly name: string
  /** Empty: in no cluster yet. */
  readonly cluster_id: string
  /** Where the announcement came from. */
  readonly address: string
  /** RPC. */
  readonly port: number
  readonly api_address: string
  /** Of the program; empty when it was not told. */
  readonly version: string
  /** Milliseconds since 1970. */
  readonly last_seen: number
}

const FORMAT = '1'
const ID = /^[\w.-]{1,64}$/
const NAME_CHARS_MAX = 100
const VERSION = /^[\w.+-]{1,40}$/
const ADDRESS = /^[\w.:[\]%-]{1,255}$/

/** A TXT record's strings hold 255 bytes each. */
const TXT_VALUE_BYTES_MAX = 200

export function encodeTxt({ name, nodeId, clusterId, apiAddress, version }: Announcement): Record<string, string> {
  return {
    v: FORMAT,
    id: nodeId,
    cluster: clusterId ?? '',
    name: cut(name),
    api: cut(apiAddress),
    version: cut(version)
  }
}

/** null when it makes no sense. @param seenAt ms since 1970 */
export function decodeService(service: Service, seenAt: number): DiscoveredPeer | null {
  const txt: unknown = service.txt
  if (typeof txt !== 'object' || txt === null) return null
  const value = (key: string): string => {
    const text: unknown = Object.hasOwn(txt, key) ? (txt as Record<string, unknown>)[key] : undefined
    return typeof text === 'string' ? text : ''
  }
  const { port } = service
  const address = service.referer?.address
  const id = value('id')
  const cluster = value('cluster')
  const api = value('api')
  const version = value('version')
  if (value('v') !== FORMAT || !ID.test(id) || (cluster !== '' && !ID.test(cluster))) return null
  if (typeof address !== 'string' || !Number.isInteger(port) || port < 1 || port > 65_535) return null
  return {
    node_id: id,
    name: printable(value('name')) || id,
    cluster_id: cluster,
    address,
    port,
    api_address: ADDRESS.test(api) ? api : '',
    version: VERSION.test(version) ? version : '',
    last_seen: seenAt
  }
}

/** Without control characters, and what could turn text around; at most 100 characters. */
function printable(text: string): string {
  return Array.from(text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, ''))
    .slice(0, NAME_CHARS_MAX)
    .join('')
    .trim()
}

function cut(text: string): string {
  let kept = toUSVString(text)
  while (Buffer.byteLength(kept) > TXT_VALUE_BYTES_MAX) kept = Array.from(kept).slice(0, -1).join('')
  return kept
}
