/**
 * This node as a member of one cluster: its stores, its transport and its replica, under one identity. Another
 * cluster means another Member.
 */
import type { Address } from '../transport/address'
import { asNodeId, type Configuration, type MemberInfo, type NodeId } from '../raft/types'
import { systemClock } from '../runtime/clock'
import { createReplica, type RunningReplica } from '../runtime/create-replica'
import type { Logger } from '../runtime/log'
import type { Identity } from '../security/identity'
import { readNodeFile, updateNodeFile } from '../security/node-file'
import { createNedbLogStore } from '../storage/nedb-log-store'
import { createNedbSnapshotStore } from '../storage/nedb-snapshot-store'
import { nodeDisk } from '../storage/node-disk'
import { StorageDamaged } from '../storage/ports'
import type { TransportHandlers } from '../transport/ports'
import { createTransport, type NetworkTransport } from '../transport/transport'
import { Admission } from './admission'
import { advertisedAddress } from './addresses'
import { claimFolder, dataFolder } from './data-folder'

export interface MemberOptions {
  readonly dataDir: string
  readonly identity: Identity & { readonly clusterId: string }
  /** Asked again whenever they may have changed. */
  readonly name: () => string
  readonly apiAddress: () => string
  readonly listen: Address
  readonly advertise: Address | null
  readonly voterAbsentMs: number
  readonly log: Logger
}

export interface Member {
  readonly id: NodeId
  readonly clusterId: string
  readonly identity: Identity
  readonly replica: RunningReplica
  readonly transport: NetworkTransport
  /** Of the effective configuration; until one names this node, also those that the invite's maker named. */
  members(): Readonly<Record<string, MemberInfo>>
  /** How this node describes itself now. */
  info(): MemberInfo
  stop(): Promise<void>
}

/** Rejects with StorageDamaged, or as the system does when the port cannot be had. */
export async function startMember(options: MemberOptions): Promise<Member> {
  const { dataDir, identity, log } = options
  const { nodeId, clusterId } = identity
  const file = readNodeFile(dataDir)
  const folder = dataFolder(dataDir)
  claimFolder(folder, nodeId, file?.formed === true)

  let handlers: TransportHandlers | null = null
  const relay: TransportHandlers = {
    onMessage: (from, message) => handlers?.onMessage(from, message),
    onRuntimeMessage: (from, message) => handlers?.onRuntimeMessage(from, message),
    onPeerUp: (peer) => handlers?.onPeerUp(peer),
    onPeerDown: (peer, reason) => handlers?.onPeerDown(peer, reason),
    onSnapshotOffer: async (...offer) => handlers?.onSnapshotOffer(...offer) ?? null,
    onSnapshotReceived: (...snapshot) => handlers?.onSnapshotReceived(...snapshot)
  }
  let member: Member | null = null
  const admission = new Admission(log)
  const transport = await createTransport({
    self: nodeId,
    clusterId,
    identity,
    listen: options.listen,
    clock: systemClock,
    log,
    handlers: relay,
    onJoinRequest: async (request) =>
      member ? admission.admit(request, member) : { granted: false, reason: 'This node is starting.' },
    onRefused: (by, code) => member?.replica.refusedBy(by, code)
  })
  const info = (): MemberInfo => ({
    name: options.name(),
    rpcAddress: advertisedAddress(transport.address(), options.advertise),
    apiAddress: options.apiAddress(),
    fingerprint: identity.fingerprint
  })
  const peers = file?.peers ?? {}
  const configured = (): Configuration['members'] => replica.raftStatus().configuration.members
  const founder = file?.peers === undefined && file?.formed !== true
  const replica = createReplica({
    id: nodeId,
    clusterId,
    name: options.name(),
    clock: systemClock,
    random: Math.random,
    logStore: createNedbLogStore({ disk: nodeDisk, dir: folder.raft }),
    snapshotStore: createNedbSnapshotStore({ disk: nodeDisk, dir: folder.snapshots }),
    connect: (given) => {
      handlers = given
      // Until the log names this node: the leader is one of them.
      if (Object.keys(peers).length > 0)
        transport.setPeers(new Map(Object.entries(peers).map(([peer, peerInfo]) => [asNodeId(peer), peerInfo])))
      return transport
    },
    bootstrap: founder ? info() : undefined,
    wasRemoved: file?.removed === true,
    onRemoved: (removed) => {
      // Once this node has joined anew, the folder is another's.
      if (readNodeFile(dataDir)?.node_id === nodeId) updateNodeFile(dataDir, { removed })
    },
    autopilot: { voterAbsentMs: options.voterAbsentMs },
    log
  })
  try {
    await replica.start()
    if (file?.formed === true && replica.raftStatus().lastIndex === 0)
      throw new StorageDamaged(
        folder.raft,
        'the log of this node is empty',
        'Put the folder back, or remove the data folder and join anew'
      )
    if (file?.formed !== true) rememberFormed(dataDir, replica)
  } catch (error) {
    await transport.stop()
    throw error
  }
  member = {
    id: nodeId,
    clusterId,
    identity,
    replica,
    transport,
    members: () => {
      const named = configured()
      return named[nodeId] ? named : { ...peers, ...named }
    },
    info,
    stop: () => replica.stop()
  }
  return member
}

/** Once the log has begun, an empty one is a lost one. */
function rememberFormed(dataDir: string, replica: RunningReplica): void {
  const note = (): boolean => {
    if (replica.raftStatus().lastIndex === 0) return false
    updateNodeFile(dataDir, { formed: true })
    return true
  }
  if (note()) return
  const unsubscribe = replica.subscribe(() => {
    if (note()) unsubscribe()
  })
}
