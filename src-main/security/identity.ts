/**
 * Who this node is: node.json, node.key and node.crt in the data folder.
 *
 * Invariant: node.json names the fingerprint of the certificate beside it. node.json is replaced last when an
 * identity is made; a new key pair waits under `.next` until node.json names it, so a crash at any point leaves
 * one whole identity, the old or the new. A damaged identity is never replaced silently: the cluster knows the
 * node by it.
 */
import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { asNodeId, type NodeId } from '../raft/types'
import { replaceFile, syncFolder } from './atomic-file'
import { fingerprintOf, generateKeyPair, keyFits, type KeyPair } from './certificate'
import { IdentityDamaged } from './damage'
import {
  NODE_FILE_VERSION,
  nodeFilePath,
  readNodeFile,
  writeNodeFile,
  type NodeFile,
  type NodeFileChange
} from './node-file'

export interface Identity extends KeyPair {
  readonly nodeId: NodeId
  /** null until the node has formed or joined a cluster. */
  readonly clusterId: string | null
  /** SHA-256 of the certificate, upper-case hex with colons. */
  readonly fingerprint: string
}

const PRIVATE = 0o600
const ID_CHARS = 12
const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'

const newNodeId = (): NodeId => asNodeId(`n-${randomBase32(ID_CHARS)}`)
export const newClusterId = (): string => `c-${randomBase32(ID_CHARS)}`

/** Reads the identity in `dataDir`, or makes one where the folder holds nothing yet. @throws IdentityDamaged */
export async function loadOrCreateIdentity(dataDir: string): Promise<Identity> {
  mkdirSync(dataDir, { recursive: true })
  const file = readNodeFile(dataDir)
  if (file) return load(dataDir, file)
  for (const folder of ['raft', 'snapshots'])
    if (holdsFiles(join(dataDir, folder)))
      throw new IdentityDamaged(nodeFilePath(dataDir), `it does not exist, but ${folder}/ holds data`)
  const identity = await makeIdentity()
  adoptIdentity(dataDir, identity, {})
  return identity
}

/** An identity that is written nowhere yet. */
export async function makeIdentity(clusterId: string | null = null): Promise<Identity> {
  const nodeId = newNodeId()
  const pair = await generateKeyPair(nodeId)
  return { nodeId, clusterId, fingerprint: fingerprintOf(pair.cert), ...pair }
}

/**
 * From here on the folder is this identity's; what else node.json holds stays, but for `change`. Durable on return.
 * A node that joins another cluster comes as another node, because the one it was may be revoked for good.
 */
export function adoptIdentity(dataDir: string, identity: Identity, change: NodeFileChange): void {
  const { key, cert } = paths(dataDir)
  replaceFile(`${key}.next`, identity.key, PRIVATE)
  replaceFile(`${cert}.next`, identity.cert, PRIVATE)
  writeNodeFile(dataDir, {
    ...readNodeFile(dataDir),
    ...change,
    version: NODE_FILE_VERSION,
    node_id: identity.nodeId,
    cluster_id: identity.clusterId,
    fingerprint: identity.fingerprint,
    created_at: new Date().toISOString()
  })
  adoptNext(dataDir)
}

function load(dataDir: string, file: NodeFile): Identity {
  const { key, cert } = paths(dataDir)
  // The key is adopted before the certificate, so a certificate that waits tells for both.
  if (existsSync(`${cert}.next`) && fingerprintIn(`${cert}.next`) === file.fingerprint) adoptNext(dataDir)
  else discardNext(dataDir)
  const pair = { key: readPart(key), cert: readPart(cert) }
  if (fingerprintIn(cert) !== file.fingerprint)
    throw new IdentityDamaged(cert, 'this is not the certificate that node.json names')
  let fits: boolean
  try {
    fits = keyFits(pair)
  } catch {
    throw new IdentityDamaged(key, 'this is not a private key')
  }
  if (!fits) throw new IdentityDamaged(key, 'this is not the key of node.crt')
  keepPrivate(key)
  return { nodeId: file.node_id, clusterId: file.cluster_id, fingerprint: file.fingerprint, ...pair }
}

function paths(dataDir: string): { key: string; cert: string } {
  return { key: join(dataDir, 'node.key'), cert: join(dataDir, 'node.crt') }
}

function adoptNext(dataDir: string): void {
  const { key, cert } = paths(dataDir)
  for (const path of [key, cert]) if (existsSync(`${path}.next`)) renameSync(`${path}.next`, path)
  syncFolder(dataDir)
}

function discardNext(dataDir: string): void {
  const { key, cert } = paths(dataDir)
  for (const path of [key, cert]) rmSync(`${path}.next`, { force: true })
}

function readPart(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new IdentityDamaged(path, 'it does not exist')
  }
}

function fingerprintIn(path: string): string {
  const cert = readPart(path)
  try {
    return fingerprintOf(cert)
  } catch {
    throw new IdentityDamaged(path, 'this is not a certificate')
  }
}

function keepPrivate(path: string): void {
  if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0) chmodSync(path, PRIVATE)
}

function holdsFiles(folder: string): boolean {
  try {
    return readdirSync(folder).length > 0
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

function randomBase32(chars: number): string {
  return Array.from(randomBytes(chars), (byte) => BASE32[byte & 31]).join('')
}
