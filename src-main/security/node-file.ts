/**
 * `node.json`: who this node is, and where the running process can be reached.
 *
 * Owns the file's format and its atomic replacement. Keys it does not know are kept, so that an older program
 * does not lose what a newer one wrote. Identity is changed by identity.ts only.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { MemberInfo, NodeId } from '../raft/types'
import { replaceFile } from './atomic-file'
import { IdentityDamaged } from './damage'

export const NODE_FILE_VERSION = 1

export interface NodeFile {
  readonly version: typeof NODE_FILE_VERSION
  readonly node_id: NodeId
  /** null until the node has formed or joined a cluster. */
  readonly cluster_id: string | null
  /** SHA-256 of node.crt, upper-case hex with colons. */
  readonly fingerprint: string
  /** RFC 3339. */
  readonly created_at: string
  readonly name?: string
  /** Process that serves from this folder; null once it has stopped in order. */
  readonly pid?: number | null
  /** Ports in use by that process. */
  readonly ports?: { readonly api: number; readonly rpc: number }
  /** HOST:PORT, as this node tells others. */
  readonly addresses?: { readonly api: string; readonly rpc: string }
  /** The log was begun: from then on an empty one is a lost one. */
  readonly formed?: boolean
  /** The RPC listens beyond loopback, for this node was asked to form or join a cluster of several. */
  readonly open?: boolean
  /** The cluster has removed this node. */
  readonly removed?: boolean
  /** Members as the invite's maker named them, until the log names them. */
  readonly peers?: Readonly<Record<string, MemberInfo>>
}

/** What other parts may change. */
export type NodeFileChange = Partial<
  Pick<NodeFile, 'cluster_id' | 'name' | 'pid' | 'ports' | 'addresses' | 'formed' | 'open' | 'removed' | 'peers'>
>

export const nodeFilePath = (dataDir: string): string => join(dataDir, 'node.json')

/** null when there is none. @throws IdentityDamaged */
export function readNodeFile(dataDir: string): NodeFile | null {
  const path = nodeFilePath(dataDir)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new IdentityDamaged(path, 'this is not JSON')
  }
  const problem = problemOf(value)
  if (problem === 'newer')
    throw new IdentityDamaged(path, 'it was written by a newer version', 'Start the newer version of Raft3D.')
  if (problem) throw new IdentityDamaged(path, problem)
  return value as NodeFile
}

/** Reads, changes and replaces the file; durable on return. @throws IdentityDamaged */
export function updateNodeFile(dataDir: string, change: NodeFileChange): NodeFile {
  const current = readNodeFile(dataDir)
  if (!current)
    throw new IdentityDamaged(nodeFilePath(dataDir), 'it does not exist', 'Start the node once to create it.')
  return writeNodeFile(dataDir, { ...current, ...change })
}

export function writeNodeFile(dataDir: string, file: NodeFile): NodeFile {
  replaceFile(nodeFilePath(dataDir), `${JSON.stringify(file, null, 2)}\n`, 0o644)
  return file
}

function problemOf(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'this is not an object'
  const { version, node_id, cluster_id, fingerprint } = value as Record<string, unknown>
  if (typeof version === 'number' && version > NODE_FILE_VERSION) return 'newer'
  if (version !== NODE_FILE_VERSION) return 'its version is missing or unknown'
  if (typeof node_id !== 'string' || !/^[\w.-]{1,64}$/.test(node_id)) return 'node_id is missing or malformed'
  if (cluster_id !== null && (typeof cluster_id !== 'string' || cluster_id === '')) return 'cluster_id is malformed'
  if (typeof fingerprint !== 'string' || !/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/.test(fingerprint))
    return 'fingerprint is missing or malformed'
  return null
}
