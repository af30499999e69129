import { expect, test } from 'vitest'
import { asIndex, asNodeId, type Configuration, type NodeId } from '../../src-main/raft/types'
import { runtimeLimitsOf } from '../../src-main/runtime/limits'
import { Neighbours } from '../../src-main/runtime/neighbours'

const [one, two, three] = ['n1', 'n2', 'n3'].map(asNodeId) as [NodeId, NodeId, NodeId]
const configuration = (...voters: NodeId[]): Configuration => ({
  voters,
  votersOutgoing: [],
  learners: [],
  learnersNext: [],
  members: Object.fromEntries(
    voters.map((id) => [id, { name: id, rpcAddress: `${id}:1`, apiAddress: '', fingerprint: id }])
  )
})

/** n3 as it starts: `committed` is known to be so, `inEffect` stands after it in the log. */
function peersAtStart(committed: Configuration, inEffect: Configuration): readonly NodeId[] {
  let peers: readonly NodeId[] = []
  const raft = {
    status: () => ({ commitIndex: asIndex(4) }),
    configurationAsOf: () => ({ index: asIndex(3), configuration: committed })
  }
  const deps = {
    self: three,
    limits: runtimeLimitsOf({}),
    driver: { raft, leaderId: null, halted: false },
    membership: { configuration: inEffect, configurationIndex: asIndex(5), committed: false },
    requests: {},
    setPeers: (map: ReadonlyMap<NodeId, unknown>) => (peers = [...map.keys()].sort()),
    others: () => [],
    onRemoved: () => {}
  }
  new Neighbours(deps as unknown as ConstructorParameters<typeof Neighbours>[0]).begin(0)
  return peers
}

test('a node that starts with its own removal in the log, not committed, still knows the members (§6)', () => {
  expect(peersAtStart(configuration(one, two, three), configuration(one, two))).toEqual([one, two])
})

test('a node that starts with a member added, not committed, knows it too', () => {
  expect(peersAtStart(configuration(one, three), configuration(one, two, three))).toEqual([one, two])
})
