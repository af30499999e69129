/**
 * The safety properties of Figure 3, checked against everything that has happened so far in a cluster.
 */
import { majority } from '../../../src-main/raft/quorum'
import type { Configuration, Entry, Message, NodeId } from '../../../src-main/raft/types'
import type { Disk, TestNode } from './test-node'

export class SafetyBroken extends Error {}

function must(condition: boolean, property: string, details: () => string): void {
  if (!condition) throw new SafetyBroken(`${property}: ${details()}`)
}

const holdsDurably = (disk: Disk, { index, term }: Entry): boolean =>
  (disk.snapshot?.meta.index ?? 0) >= index ||
  disk.entries.some((entry) => entry.index === index && entry.term === term)

const hasDurableQuorum = (configuration: Configuration, entry: Entry, disks: ReadonlyMap<string, Disk>): boolean =>
  [configuration.voters, configuration.votersOutgoing].every(
    (voters) =>
      voters.length === 0 ||
      voters.filter((id) => disks.has(id) && holdsDurably(disks.get(id)!, entry)).length >= majority(voters.length)
  )

interface Seen {
  commitIndex: number
  applied: number
}

export class Safety {
  /** Every entry that any node has ever held to be committed, by index. */
  readonly committed = new Map<number, Entry>()
  private highestCommit = 0
  private readonly leaders = new Map<number, string>()
  private readonly votes = new Map<string, NodeId>()
  private seen = new WeakMap<object, Seen>()

  get commitIndex(): number {
    return this.highestCommit
  }

  /** A message is on its way: a promise may have been made. */
  sent(message: Message): void {
    if (message.type !== 'RequestVoteReply' || message.preVote || !message.voteGranted) return
    const key = `${message.from} in ${message.term}`
    const voted = this.votes.get(key) ?? message.to
    must(voted === message.to, 'one vote per term', () => `${key} voted for ${voted} and ${message.to}`)
    this.votes.set(key, message.to)
  }

  /** Call after every step of `node`; `disks` are those of all nodes, crashed ones included. */
  check(node: TestNode, disks: ReadonlyMap<string, Disk>): void {
    if (node.crashed) return
    const { role, term, commitIndex, firstIndex, configuration } = node.status
    if (role === 'leader') {
      const leader = this.leaders.get(term) ?? node.id
      must(leader === node.id, 'election safety', () => `${leader} and ${node.id} lead term ${term}`)
      const isNew = !this.leaders.has(term)
      this.leaders.set(term, node.id)
      if (isNew) this.checkCompleteness(node)
    }
    const seen = this.seen.get(node.raft) ?? { commitIndex: 0, applied: 0 }
    for (let index = Math.max(seen.commitIndex + 1, firstIndex); index <= commitIndex; index++) {
      const entry = node.raft.entriesFrom(index as never, 1)[0]!
      const known = this.committed.get(index)
      if (known === undefined) {
        must(
          role !== 'leader' || hasDurableQuorum(configuration, entry, disks),
          'commits are durable on a quorum',
          () => `${node.id} committed ${index} of term ${entry.term}`
        )
        this.committed.set(index, entry)
      } else {
        this.checkSame(known, entry, `committed by ${node.id}`)
      }
    }
    for (const entry of node.applied.slice(seen.applied)) {
      const known = this.committed.get(entry.index)
      must(known !== undefined, 'only committed entries are applied', () => `${node.id} applied ${entry.index}`)
      this.checkSame(known!, entry, `applied by ${node.id}`)
    }
    this.highestCommit = Math.max(this.highestCommit, commitIndex)
    this.seen.set(node.raft, { commitIndex, applied: node.applied.length })
  }

  private checkSame(known: Entry, entry: Entry, where: string): void {
    must(
      known.term === entry.term && known.data === entry.data,
      'state machine safety',
      () => `index ${entry.index} is of term ${entry.term} where ${where}, of term ${known.term} elsewhere`
    )
  }

  private checkCompleteness(leader: TestNode): void {
    for (const [index, entry] of this.committed) {
      if (index < leader.status.firstIndex) continue
      must(
        leader.raft.termAt(index as never) === entry.term,
        'leader completeness',
        () => `${leader.id}, leader of ${leader.status.term}, lacks committed ${index} of term ${entry.term}`
      )
    }
  }

  /** Entries of equal index and term are preceded by equal logs. */
  checkLogMatching(nodes: readonly TestNode[]): void {
    const up = nodes.filter(({ crashed }) => !crashed)
    for (const [i, one] of up.entries()) {
      for (const other of up.slice(i + 1)) {
        const from = Math.max(one.status.firstIndex, other.status.firstIndex)
        let index = Math.min(one.status.lastIndex, other.status.lastIndex)
        while (index >= from && one.raft.termAt(index as never) !== other.raft.termAt(index as never)) index--
        for (; index >= from; index--) {
          must(
            one.raft.termAt(index as never) === other.raft.termAt(index as never),
            'log matching',
            () => `${one.id} and ${other.id} differ at ${index}, before an entry they share`
          )
        }
      }
    }
  }
}
