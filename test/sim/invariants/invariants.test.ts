/** Each invariant in a situation in which it fails, and in the lawful one next to it. */
import { describe, expect, it } from 'vitest'
import type { FarmQueries } from '../../../src-main/farm/queries'
import {
  asIndex,
  asNodeId,
  asTerm,
  type Configuration,
  type Entry,
  type HardState,
  type Message,
  type NodeId
} from '../../../src-main/raft/types'
import { checkTrail, checkUncommitted } from './bounds'
import { checkReign } from './calm'
import { Committed } from './committed'
import { checkFollows, checkMayStart } from './configuration'
import { Durability } from './durability'
import { ElectionSafety } from './election-safety'
import { ExactlyOnce } from './exactly-once'
import { checkAudit, checkWeights, FarmHashes } from './farm-state'
import { LogMatching } from './log-matching'
import { QuorumContact } from './quorum-contact'
import { Reads } from './reads'
import { checkCommitRule, checkKeepsSuffix } from './rules'
import { Ticks } from './ticks'
import { checkSpoken } from './versions'
import { checkVoters } from './voters'

const [n1, n2, n3, n4] = ['n1', 'n2', 'n3', 'n4'].map(asNodeId) as [never, never, never, never]
const entry = (index: number, term: number, data = `${index}/${term}`): Entry => ({
  index: asIndex(index),
  term: asTerm(term),
  kind: 'command',
  data
})
const hard = (term: number, votedFor: string | null = null): HardState => ({
  term: asTerm(term),
  votedFor: votedFor === null ? null : asNodeId(votedFor),
  commit: asIndex(0)
})
const configuration = (voters: string[], outgoing: string[] = [], learners: string[] = []): Configuration => ({
  voters: voters.map(asNodeId),
  votersOutgoing: outgoing.map(asNodeId),
  learners: learners.map(asNodeId),
  learnersNext: [],
  members: {}
})
const message = (m: object): Message => ({ from: n1, to: n2, term: asTerm(1), ...m }) as unknown as Message
const heartbeat = (from: never, term: number) => message({ type: 'Heartbeat', from, term: asTerm(term) })
const grant = (from: never, to: never, term: number) =>
  message({ type: 'RequestVoteReply', from, to, term: asTerm(term), preVote: false, voteGranted: true })

describe('election safety', () => {
  it('fails when two nodes lead one term', () => {
    const safety = new ElectionSafety()
    safety.sent(heartbeat(n1, 3))
    safety.sent(heartbeat(n2, 4))
    expect(() => safety.sent(heartbeat(n2, 3))).toThrow('election safety')
  })
  it('fails when a member votes twice in a term, and not for a repeated answer or a pre-vote', () => {
    const safety = new ElectionSafety()
    safety.sent(grant(n1, n2, 5))
    safety.sent(grant(n1, n2, 5))
    safety.sent({ ...grant(n1, n3, 5), preVote: true } as Message)
    safety.sent(grant(n1, n3, 6))
    expect(() => safety.sent(grant(n1, n3, 5))).toThrow('one vote per term')
  })
  it('fails when the vote on disk is not the vote that was told', () => {
    const safety = new ElectionSafety()
    safety.sent(grant(n1, n2, 5))
    expect(() => safety.hardState(n1, hard(5, 'n3'))).toThrow('one vote per term')
  })
})

describe('log matching', () => {
  it('fails when one index and term name two entries', () => {
    const matching = new LogMatching()
    matching.stored(n1, [entry(1, 1), entry(2, 1)], 0)
    matching.stored(n2, [entry(1, 1), entry(2, 2, 'x')], 0)
    expect(() => matching.stored(n3, [entry(2, 1, 'other')], 1)).toThrow('log matching')
  })
  it('fails when equal entries have different histories', () => {
    const matching = new LogMatching()
    matching.stored(n1, [entry(2, 2)], 1)
    expect(() => matching.stored(n2, [entry(2, 2)], 2)).toThrow('log matching')
  })
})

describe('committed', () => {
  const voters = configuration(['n1', 'n2', 'n3'])
  const held = (...holders: never[]) => {
    const committed = new Committed()
    for (const id of holders) for (const index of [1, 2]) committed.holders.add(id, index, 1)
    return committed
  }
  it('fails when an entry is applied that only a minority holds', () => {
    expect(() => held(n1, n2).apply('n1.1', n1, 1, entry(1, 1), [voters])).not.toThrow()
    expect(() => held(n1).apply('n1.1', n1, 1, entry(1, 1), [voters])).toThrow('committed is durable')
  })
  it('asks both halves of a joint configuration', () => {
    const joint = configuration(['n1', 'n2', 'n3'], ['n3', 'n4'])
    expect(() => held(n1, n2).apply('n1.1', n1, 1, entry(1, 1), [joint])).toThrow('committed is durable')
    expect(() => held(n1, n3, n4).apply('n1.1', n1, 1, entry(1, 1), [joint])).not.toThrow()
  })
  it('fails when two nodes apply different entries at an index', () => {
    const committed = held(n1, n2)
    committed.apply('n1.1', n1, 1, entry(1, 1), [voters])
    expect(() => committed.apply('n2.1', n2, 1, entry(1, 1, 'other'), [voters])).toThrow('state machine safety')
    expect(() => committed.apply('n3.1', n3, 1, entry(1, 2), [voters])).toThrow('state machine safety')
  })
  it('fails when an entry is skipped or applied twice by one process', () => {
    const committed = held(n1, n2)
    committed.apply('n1.1', n1, 1, entry(1, 1), [voters])
    expect(() => committed.apply('n1.1', n1, 1, entry(1, 1), [voters])).toThrow('applied in order')
    expect(() => committed.apply('n1.1', n1, 1, entry(3, 1), [voters])).toThrow('applied in order')
    expect(() => committed.apply('n1.2', n1, 1, entry(1, 1), [voters])).not.toThrow()
  })
  it('fails when a snapshot takes a process back', () => {
    const committed = held(n1, n2)
    committed.apply('n1.1', n1, 1, entry(1, 1), [voters])
    committed.apply('n1.1', n1, 1, entry(2, 1), [voters])
    expect(() => committed.restored('n1.1', 1)).toThrow('applied never goes back')
  })
  it('fails when a leader lacks what is committed', () => {
    const committed = held(n1, n2)
    committed.apply('n1.1', n1, 1, entry(1, 1), [voters])
    const log = (term: number | null) => ({ firstIndex: 1, termAt: () => term })
    expect(() => committed.elected(n2, 2, log(1))).not.toThrow()
    expect(() => committed.elected(n2, 2, log(null))).toThrow('leader completeness')
    expect(() => committed.elected(n2, 3, log(2))).toThrow('leader completeness')
    // Committed in term 1: no concern of a leader that was elected in it.
    expect(() => committed.elected(n2, 1, log(null))).not.toThrow()
  })
})

describe('durability', () => {
  const reply = (matchIndex: number, term = 1) =>
    message({ type: 'AppendEntriesReply', success: true, matchIndex, term: asTerm(term) })
  const stored = () => {
    const durability = new Durability()
    durability.appended(n1, { hardState: hard(1, 'n2'), entries: [entry(1, 1), entry(2, 1)], sync: true })
    return durability
  }
  it('fails when entries are acknowledged that no barrier covers', () => {
    expect(() => stored().sent(reply(2))).not.toThrow()
    expect(() => stored().sent(reply(3))).toThrow('durable before acknowledged')
  })
  it('fails when an earlier term acknowledges what a later one has cut off', () => {
    const durability = stored()
    durability.appended(n1, { hardState: hard(2), entries: [entry(1, 2)], sync: true })
    expect(() => durability.sent(reply(2))).toThrow('durable before acknowledged')
  })
  it('fails when a term is used that is not durable', () => {
    expect(() => stored().sent(reply(2, 2))).toThrow('durable before acknowledged')
  })
  it('fails when a vote is told or asked for before it is durable', () => {
    expect(() => stored().sent(grant(n1, n2, 1))).not.toThrow()
    expect(() => stored().sent(grant(n1, n3, 2))).toThrow('durable before acknowledged')
    const candidacy = message({ type: 'RequestVote', preVote: false, term: asTerm(2) })
    expect(() => stored().sent(candidacy)).toThrow('durable before acknowledged')
  })
  it('fails when a leader speaks in a term that is not durable', () => {
    expect(() => stored().sent(heartbeat(n1, 1))).not.toThrow()
    expect(() => stored().sent(heartbeat(n1, 2))).toThrow('durable before acknowledged')
  })
  it('counts no record without a barrier', () => {
    const durability = new Durability()
    durability.appended(n1, { hardState: hard(1), entries: [], sync: false })
    expect(() => durability.sent(reply(0))).toThrow('durable before acknowledged')
  })
  const recovered = (hardState: HardState, entries: Entry[]) => ({ hardState, snapshot: null, entries })
  it('fails when recovery lacks what was acknowledged', () => {
    expect(() => stored().recovered(n1, recovered(hard(1, 'n2'), [entry(1, 1), entry(2, 1)]))).not.toThrow()
    expect(() => stored().recovered(n1, recovered(hard(1, 'n2'), [entry(1, 1)]))).toThrow('durable survives')
    expect(() => stored().recovered(n1, recovered(hard(1, null), [entry(1, 1), entry(2, 1)]))).toThrow(
      'durable survives'
    )
    expect(() => stored().recovered(n1, recovered(hard(0), []))).toThrow('term never goes back')
  })
  it('lets a record that was being written replace the tail, or not', () => {
    const durability = stored()
    durability.appending(n1, { hardState: hard(2), entries: [entry(2, 2)], sync: true })
    expect(() => durability.recovered(n1, recovered(hard(2), [entry(1, 1), entry(2, 2)]))).not.toThrow()
  })
  it('lets what a snapshot covers be compacted', () => {
    const durability = stored()
    durability.compacting(n1, 2)
    expect(() => durability.recovered(n1, recovered(hard(1, 'n2'), [entry(2, 1)]))).not.toThrow()
  })
  it('fails when what a node knows to be committed goes back on its disk', () => {
    const committed = (commit: number): HardState => ({ ...hard(1, 'n2'), commit: asIndex(commit) })
    const durability = stored()
    durability.appended(n1, { hardState: committed(2), entries: [], sync: true })
    expect(() => durability.appended(n1, { hardState: committed(1), entries: [], sync: true })).toThrow(
      'commit never goes back'
    )
    const back = { hardState: committed(1), snapshot: null, entries: [entry(1, 1), entry(2, 1)] }
    expect(() => durability.recovered(n1, back)).toThrow('commit never goes back')
  })
  it('fails when a term on disk goes back', () => {
    expect(() => stored().appended(n1, { hardState: hard(0), entries: [], sync: true })).toThrow('term never goes back')
  })
})

describe('what is set back on purpose', () => {
  it('is not held against the node, and what it promises from then on is', () => {
    const durability = new Durability()
    durability.appended(n1, { hardState: hard(2, 'n2'), entries: [entry(1, 1), entry(2, 2)], sync: true })
    expect(durability.held(n1)).toEqual({ term: 2, lastIndex: 2 })
    expect([durability.holds(n1, 2, 2), durability.holds(n1, 2, 1), durability.holds(n1, 3, 2)]).toEqual([
      true,
      false,
      false
    ])
    durability.setBack(n1)
    durability.recovered(n1, { hardState: hard(1), snapshot: null, entries: [entry(1, 1)] })
    expect(durability.held(n1)).toEqual({ term: 1, lastIndex: 1 })
    expect(() => durability.sent(grant(n1, n3, 2))).toThrow('durable before acknowledged')
  })
  it('may vote again where it voted since', () => {
    const election = new ElectionSafety()
    election.sent(grant(n1, n2, 2))
    election.sent(grant(n2, n3, 2))
    election.setBack(n1)
    expect(() => election.sent(grant(n1, n3, 2))).not.toThrow()
    expect(() => election.sent(grant(n2, n1, 2))).toThrow('one vote per term')
  })
})

describe('versions', () => {
  const speaker = (id: NodeId, min: number, max: number) => ({ id, protocol: { min, max } })
  it('fails when two nodes talk in a version that one of them does not speak', () => {
    expect(() => checkSpoken(speaker(n1, 1, 1), speaker(n2, 1, 2), 1)).not.toThrow()
    expect(() => checkSpoken(speaker(n1, 1, 1), speaker(n2, 1, 2), 2)).toThrow('spoken version')
    expect(() => checkSpoken(speaker(n1, 1, 1), speaker(n2, 2, 3), 1)).toThrow('spoken version')
  })
})

describe('configuration', () => {
  const follows = (before: Configuration, after: Configuration) => () => checkFollows(before, after, 'test')
  it('fails when two configurations could decide apart', () => {
    const three = configuration(['n1', 'n2', 'n3'])
    expect(follows(three, configuration(['n1', 'n2', 'n3', 'n4']))).not.toThrow()
    expect(follows(three, configuration(['n1', 'n4']))).toThrow('could decide apart')
    expect(follows(three, configuration(['n1', 'n4'], ['n1', 'n2', 'n3']))).not.toThrow()
    expect(follows(three, configuration(['n1', 'n4'], ['n1', 'n2']))).toThrow('could decide apart')
    const joint = configuration(['n1', 'n4'], ['n1', 'n2', 'n3'])
    expect(follows(joint, configuration(['n1', 'n4']))).not.toThrow()
    expect(follows(joint, configuration(['n1']))).toThrow('could decide apart')
  })
  it('fails when nobody votes, or somebody votes and learns', () => {
    expect(follows(configuration(['n1']), configuration([]))).toThrow('no voters')
    expect(follows(configuration(['n1']), configuration(['n1'], [], ['n1']))).toThrow('voter and learner')
  })
  it('fails when a leader changes it before its own term has committed, or while a change is open', () => {
    const may = (commitIndex: number, committedTerm: number, configurationIndex: number) => () =>
      checkMayStart(n1, { commitIndex, committedTerm, configurationIndex }, 3, false)
    expect(may(9, 3, 5)).not.toThrow()
    expect(may(9, 2, 5)).toThrow('before it has committed')
    expect(may(9, 3, 10)).toThrow('is not committed')
  })
})

describe('reads', () => {
  it('fails when a read may be served before what was committed when it was asked for', () => {
    const reads = new Reads()
    reads.ask('n1.1', 1, 7)
    expect(() => reads.ready('n1.1', 1, 6)).toThrow('read index')
    reads.ask('n1.1', 2, 7)
    expect(() => reads.ready('n1.1', 2, 7)).not.toThrow()
    expect(() => reads.ready('n1.1', 2, 9)).toThrow('which nobody asked')
  })
})

describe('farm', () => {
  it('fails when two copies differ at an index', () => {
    const hashes = new FarmHashes()
    hashes.seen('n1', 4, 'a')
    hashes.seen('n2', 5, 'b')
    expect(() => hashes.seen('n2', 4, 'b')).toThrow('equal state at equal index')
  })
  const farm = (remaining: number, reserved: number, ...statuses: string[]) =>
    ({
      jobs: () => ({
        items: statuses.map((status, i) => ({
          id: `j${i}`,
          printer_id: 'p',
          filament_id: 'f',
          print_weight_in_grams: 10,
          status
        })),
        next: null
      }),
      filaments: () => ({
        items: [
          {
            id: 'f',
            total_weight_in_grams: 100,
            remaining_weight_in_grams: remaining,
            reserved_weight_in_grams: reserved
          }
        ],
        next: null
      })
    }) as unknown as FarmQueries
  it('fails when the reserved sum is not the recount, or does not fit', () => {
    expect(() => checkWeights('n1', farm(100, 20, 'Queued', 'Running', 'Done'))).not.toThrow()
    expect(() => checkWeights('n1', farm(100, 10, 'Queued', 'Running'))).toThrow('reserved is the recount')
    expect(() => checkWeights('n1', farm(15, 20, 'Queued', 'Queued'))).toThrow('reserved fits')
    expect(() => checkWeights('n1', farm(101, 0))).toThrow('remaining within total')
  })
  it('fails when a printer runs two jobs', () => {
    expect(() => checkWeights('n1', farm(100, 20, 'Running', 'Running'))).toThrow('one job per printer')
  })
})

describe('farm audit', () => {
  it('fails when the farm itself complains', () => {
    expect(() => checkAudit('n1', [])).not.toThrow()
    expect(() => checkAudit('n1', ['A sum is off.'])).toThrow('farm audit')
  })
})

describe('rules of a step', () => {
  it('fails when a leader commits an entry of an earlier term by counting', () => {
    expect(() => checkCommitRule('n1', 3, 7, 3)).not.toThrow()
    expect(() => checkCommitRule('n1', 3, 7, 2)).toThrow('commit rule')
  })
  it('fails when a snapshot that is a prefix of the log drops the log', () => {
    const meta = { index: 5, term: 2 } as never
    expect(() => checkKeepsSuffix('n1', meta, 2, true)).not.toThrow()
    expect(() => checkKeepsSuffix('n1', meta, 1, false)).not.toThrow()
    expect(() => checkKeepsSuffix('n1', meta, 2, false)).toThrow('snapshot keeps the suffix')
  })
})

describe('ticks', () => {
  it('fails when ticks are made up for', () => {
    const ticks = new Ticks()
    ticks.tick({ name: 'n1.1', frozen: 0, clockSet: 0 }, 100)
    ticks.tick({ name: 'n1.1', frozen: 0, clockSet: 0 }, 151)
    expect(() => ticks.tick({ name: 'n1.1', frozen: 0, clockSet: 0 }, 152)).toThrow('ticks twice')
  })
  it('fails when a freeze is not told as a gap', () => {
    const told = new Ticks()
    told.tick({ name: 'n1.1', frozen: 0, clockSet: 0 }, 100)
    told.gap({ name: 'n1.1', frozen: 4_000_000, clockSet: 0 }, 4100)
    expect(() => told.tick({ name: 'n1.1', frozen: 4_000_000, clockSet: 0 }, 4151)).not.toThrow()
    const untold = new Ticks()
    untold.tick({ name: 'n1.1', frozen: 0, clockSet: 0 }, 100)
    expect(() => untold.tick({ name: 'n1.1', frozen: 4_000_000, clockSet: 0 }, 4100)).toThrow('time gap')
    const hidden = new Ticks()
    hidden.tick({ name: 'n1.1', frozen: 0, clockSet: 0 }, 100)
    expect(() => hidden.tick({ name: 'n1.1', frozen: 4_000_000, clockSet: 1 }, 4100)).not.toThrow()
  })
})

describe('exactly once', () => {
  const once = () => {
    const checker = new ExactlyOnce()
    checker.begin('c1')
    return checker
  }
  it('fails when a command takes effect at two indexes', () => {
    const checker = once()
    checker.took('c1', 5)
    checker.took('c1', 5)
    expect(() => checker.took('c1', 8)).toThrow('exactly once')
  })
  it('fails when what was refused takes effect, before or after', () => {
    const before = once()
    before.took('c1', 5)
    expect(() => before.told('c1', 'refused')).toThrow('refused is not applied')
    const after = once()
    after.told('c1', 'refused')
    expect(() => after.took('c1', 5)).toThrow('refused is not applied')
  })
  it('fails when what was acknowledged never took effect', () => {
    expect(() => once().told('c1', 'done')).toThrow('acknowledged is applied')
  })
})

describe('bounds', () => {
  it('fail when a batch is taken on top of what waits already', () => {
    expect(() => checkUncommitted('n1', 0, 500, 100)).not.toThrow()
    expect(() => checkUncommitted('n1', 40, 60, 100)).not.toThrow()
    expect(() => checkUncommitted('n1', 40, 61, 100)).toThrow('bounded')
  })
  it('fail when the log behind a snapshot is not given up', () => {
    expect(() => checkTrail('n1', 100, 61, 5)).not.toThrow()
    expect(() => checkTrail('n1', 100, 60, 5)).toThrow('bounded')
    expect(() => checkTrail('n1', 100, 100, 0)).toThrow('bounded')
  })
})

describe('a calm', () => {
  it('is broken by another leader, another term, or no leader', () => {
    const reign = { leader: n1, term: 3 }
    expect(() => checkReign(reign, { leader: n1, term: 3 })).not.toThrow()
    for (const after of [
      { leader: n2, term: 4 },
      { leader: n1, term: 4 },
      { leader: null, term: 0 }
    ]) {
      expect(() => checkReign(reign, after)).toThrow('leader is not disturbed')
    }
  })
})

describe('voters', () => {
  const check = (voters: string[], present: string[]) => () => checkVoters(voters.map(asNodeId), present.map(asNodeId))
  it('fail to settle while they are even, too few, too many, or away', () => {
    expect(check(['a'], ['a', 'b'])).not.toThrow()
    expect(check(['a', 'b'], ['a', 'b'])).toThrow('voters settle')
    expect(check(['a', 'b', 'c'], ['a', 'b'])).not.toThrow()
    expect(check(['a', 'b', 'c'], ['a', 'b', 'c', 'd'])).not.toThrow()
    expect(check(['a'], ['a', 'b', 'c'])).toThrow('voters settle')
    expect(check(['a', 'b', 'x'], ['a', 'b', 'c'])).toThrow('voters settle')
    expect(check(['a', 'b', 'c', 'd', 'x'], ['a', 'b', 'c', 'd'])).toThrow('voters settle')
    expect(check(['a', 'b', 'c'], ['a', 'b', 'c', 'd', 'e'])).toThrow('voters settle')
    expect(check(['a', 'b', 'c', 'd', 'e'], ['a', 'b', 'c', 'd', 'e', 'f'])).not.toThrow()
  })
})

describe('contact with a quorum', () => {
  const three = configuration(['n1', 'n2', 'n3'])
  const led = (ticks: number, contact = new QuorumContact(16), by = three): QuorumContact => {
    for (let tick = 0; tick < ticks; tick++) contact.tick('n1.1', n1, by)
    return contact
  }
  it('is lost when a leader leads on for longer than an election timeout without it', () => {
    const contact = led(16)
    expect(() => led(1, contact)).toThrow('leads with a quorum')
    const heard = led(16)
    heard.heard('n1.1', n2)
    expect(() => led(16, heard)).not.toThrow()
    expect(() => led(1, heard)).toThrow('leads with a quorum')
  })
  it('is asked of both halves of a joint configuration', () => {
    const contact = led(10)
    contact.heard('n1.1', n2)
    expect(() => led(10, contact, configuration(['n1', 'n4'], ['n1', 'n2', 'n3']))).toThrow('[n1,n4]')
  })
  it('begins anew after a gap in time, with another leadership, and for who was added', () => {
    const gap = led(16)
    gap.forget('n1.1')
    expect(() => led(16, gap)).not.toThrow()
    const grown = led(16)
    grown.reconfigured('n1.1')
    expect(() => led(16, grown)).not.toThrow()
  })
  it('is no concern of who votes alone', () => {
    expect(() => led(100, undefined, configuration(['n1']))).not.toThrow()
  })
})
