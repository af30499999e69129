/** A transport in a process of its own, to be killed or stopped by the test. Usage: argv[2] = JSON of ChildSetup. */
import { systemClock } from '../../src-main/runtime/clock'
import { silent } from '../../src-main/runtime/log'
import { asNodeId, type MemberInfo, type NodeId } from '../../src-main/raft/types'
import type { TlsIdentity } from '../../src-main/transport/tls'
import { createTransport } from '../../src-main/transport/transport'

export interface ChildSetup {
  readonly id: NodeId
  readonly clusterId: string
  readonly identity: TlsIdentity
  readonly peers: readonly (readonly [NodeId, MemberInfo])[]
  readonly sweepMs: number
}

const setup = JSON.parse(process.argv[2] ?? '') as ChildSetup
const transport = await createTransport({
  self: asNodeId(setup.id),
  clusterId: setup.clusterId,
  identity: setup.identity,
  listen: { host: '127.0.0.1', port: 0 },
  clock: systemClock,
  log: silent,
  limits: { sweepMs: setup.sweepMs },
  handlers: {
    onMessage: () => {},
    onRuntimeMessage: () => {},
    onPeerUp: () => {},
    onPeerDown: () => {},
    onSnapshotOffer: () => Promise.resolve(null),
    onSnapshotReceived: () => {}
  }
})
transport.setPeers(new Map(setup.peers))
process.on('disconnect', () => process.exit())
process.send?.(transport.address().port)
