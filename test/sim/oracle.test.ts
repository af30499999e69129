/** The rules that the oracle checks itself, each in a situation in which it fails. */
import { describe, expect, it } from 'vitest'
import { asIndex, asNodeId, asTerm, type Effect, type Entry, type Input, type Message } from '../../src-main/raft/types'
import { Life } from './life'
import { Oracle, type Watched } from './oracle'
import { Scheduler } from './scheduler'

const [n1, n2] = ['n1', 'n2'].map(asNodeId) as [never, never]
const LIMITS = { electionTicks: 16, trailingEntries: 2, uncommittedBytesMax: 400 }
const TICK: Input = { type: 'timeGap', elapsedMs: 0 }
const configuration = { voters: [n1, n2], votersOutgoing: [], learners: [], learnersNext: [], members: {} }

const entry = (index: number, term: number): Entry => ({
  index: asIndex(index),
  term: asTerm(term),
  kind: 'noop',
  data: ''
})

const of = (...voters: string[]) => ({ ...configuration, voters: voters.map(asNodeId) })
const configures = (index: number, ...voters: string[]): Entry => ({
  ...entry(index, 1),
  kind: 'configuration',
  data: JSON.stringify(of(...voters))
})

/** A core that says what it is told to. */
class SaidCore {
  commitIndex = 0
  term = 1
  match = 0
  snapshotIndex = 0
  log: Entry[] = []
  readonly core = { currentTerm: 1, log: { commitIndex: 0 } }
  status = () => ({
    term: this.term,
    commitIndex: this.commitIndex,
    firstIndex: 1,
    snapshotIndex: this.snapshotIndex,
    progress: [{ id: n2, matchIndex: this.match }]
  })
  entriesFrom = () => this.log
  termAt = () => 0
  configurationAsOf = () => ({ index: 0, configuration })
}

class Scene {
  readonly oracle = new Oracle(LIMITS)
  readonly core = new SaidCore()
  readonly life = new Life(n1, 1, new Scheduler())

  constructor() {
    this.oracle.started(this.life, this.watched)
  }

  get watched(): Watched {
    return this.core as unknown as Watched
  }

  step(...effects: object[]): string | undefined {
    return this.takes(TICK, ...effects)
  }

  takes(input: Input, ...effects: object[]): string | undefined {
    this.oracle.step(this.life, this.watched, input, effects as Effect[], 0)
    return this.oracle.violation?.invariant
  }

  stores(...entries: Entry[]): string | undefined {
    const hardState = { term: asTerm(this.core.term), votedFor: null, commit: asIndex(0) }
    return this.step({ type: 'persist', token: 1, hardState, entries, messages: [], sync: true })
  }

  becomes(role: string, term: number): string | undefined {
    this.core.term = term
    return this.step({ type: 'role', role, term, leaderId: null })
  }

  /** Entries are held by both voters and applied here. */
  applies(...entries: Entry[]): string | undefined {
    for (const { index, term } of entries) {
      for (const id of [n1, n2]) this.oracle.committed.holders.add(id, index, term)
    }
    return this.step({ type: 'apply', entries })
  }
}

describe('the oracle', () => {
  it('lets a follower replace what is not committed', () => {
    const scene = new Scene()
    expect(scene.stores(entry(1, 1), entry(2, 1))).toBeUndefined()
    scene.core.term = 2
    expect(scene.stores(entry(2, 2))).toBeUndefined()
  })

  it('fails when a leader overwrites its own log', () => {
    const scene = new Scene()
    scene.stores(entry(1, 1), entry(2, 1))
    scene.becomes('leader', 2)
    expect(scene.stores(entry(2, 2))).toBe('leader append-only')
  })

  it('fails when a committed entry is replaced', () => {
    const scene = new Scene()
    scene.stores(entry(1, 1), entry(2, 1))
    scene.applies(entry(1, 1), entry(2, 1))
    scene.core.term = 2
    expect(scene.stores(entry(2, 2))).toBe('committed is kept')
  })

  it('fails when a committed entry is cut off', () => {
    const scene = new Scene()
    scene.stores(entry(1, 1), entry(2, 1))
    scene.applies(entry(1, 1), entry(2, 1))
    expect(scene.stores(entry(1, 1))).toBe('committed is kept')
  })

  it('fails when a log gets a gap', () => {
    const scene = new Scene()
    scene.stores(entry(1, 1))
    expect(scene.stores(entry(3, 1))).toBe('log has no gap')
  })

  it('fails when a snapshot goes beyond what is committed, or is of another history', () => {
    const meta = (index: number, term: number) => ({ index, term, configuration, configurationIndex: 0 })
    const install = (scene: Scene, index: number, term: number) =>
      scene.step({ type: 'installSnapshot', meta: meta(index, term), keepLog: true, hardState: {} })
    const scene = () => {
      const fresh = new Scene()
      fresh.stores(entry(1, 1))
      fresh.applies(entry(1, 1))
      return fresh
    }
    expect(install(scene(), 2, 1)).toBe('snapshot is committed')
    expect(install(scene(), 1, 2)).toBe('snapshot is committed')
  })

  it('remembers the configurations behind a snapshot that keeps the log', () => {
    const scene = new Scene()
    scene.stores(configures(1, 'n1', 'n2', 'n3'), configures(2, 'n1', 'n2'))
    scene.applies(configures(1, 'n1', 'n2', 'n3'))
    const meta = { index: 1, term: 1, configuration: of('n1', 'n2', 'n3'), configurationIndex: 1 }
    scene.step({ type: 'installSnapshot', meta, keepLog: true, hardState: {} })
    expect(scene.stores(configures(3, 'n1'))).toBeUndefined()
    expect(scene.stores(configures(4, 'n3', 'n4'))).toBe('configuration')
  })

  it('remembers the configuration that was decided on, however many were tried since', () => {
    const scene = new Scene()
    scene.stores(configures(1, 'n1', 'n2'))
    scene.applies(configures(1, 'n1', 'n2'))
    for (let term = 3; term < 12; term++) {
      scene.core.term = term
      const joint = { ...of('n1', `n${term}`, `n${term + 20}`), votersOutgoing: [n1, n2] }
      scene.stores({ ...entry(2, term), kind: 'configuration', data: JSON.stringify(joint) })
    }
    scene.stores(entry(2, 12))
    expect(scene.applies(entry(2, 12))).toBeUndefined()
  })

  it('knows that a configuration which was replaced may come back from the disk', () => {
    const scene = new Scene()
    scene.stores(configures(1, 'n1', 'n2', 'n3'), configures(2, 'n1', 'n2'))
    scene.core.term = 2
    scene.stores(entry(2, 2))
    expect(scene.oracle.mayHoldConfigurationBeyond(n1, 1)).toBe(true)
    expect(scene.oracle.mayHoldConfigurationBeyond(n1, 2)).toBe(false)
    scene.oracle.started(scene.life, scene.watched)
    expect(scene.oracle.mayHoldConfigurationBeyond(n1, 1)).toBe(false)
  })

  it('fails when a term goes back', () => {
    const scene = new Scene()
    scene.becomes('follower', 3)
    expect(scene.becomes('follower', 2)).toBe('term never goes back')
  })

  it('fails when a commit index goes back', () => {
    const scene = new Scene()
    scene.core.core.log.commitIndex = 5
    expect(scene.step()).toBeUndefined()
    scene.core.core.log.commitIndex = 4
    expect(scene.step()).toBe('commit never goes back')
  })

  it('fails when a snapshot was taken and the log before it stays', () => {
    const scene = new Scene()
    const taken = { type: 'snapshotCreated' } as unknown as Input
    scene.core.snapshotIndex = 8 * LIMITS.trailingEntries
    expect(scene.takes(taken)).toBeUndefined()
    scene.core.snapshotIndex++
    expect(scene.takes(taken)).toBe('bounded')
  })

  it('fails when a leader takes more than may wait for a majority', () => {
    const proposed = (waiting: string, batch: string): string | undefined => {
      const scene = new Scene()
      scene.core.log = waiting === '' ? [] : [{ ...entry(1, 1), data: waiting }]
      const entries = [{ ...entry(1 + scene.core.log.length, 1), data: batch }]
      if (waiting !== '') scene.stores(entry(1, 1))
      const hardState = { term: asTerm(1), votedFor: null, commit: asIndex(0) }
      const persist = { type: 'persist', token: 1, hardState, entries, messages: [], sync: true }
      return scene.takes({ type: 'propose', data: [batch] }, persist)
    }
    const [half, whole] = ['x'.repeat(LIMITS.uncommittedBytesMax / 4), 'x'.repeat(LIMITS.uncommittedBytesMax)]
    expect(proposed(half, half)).toBeUndefined()
    expect(proposed('', whole)).toBeUndefined()
    expect(proposed(half, whole)).toBe('bounded')
  })

  it('fails when a follower acknowledges what its leader does not hold', () => {
    const scene = new Scene()
    scene.becomes('leader', 2)
    scene.stores(entry(1, 2))
    const follower = new SaidCore()
    scene.oracle.started(new Life(n2, 1, new Scheduler()), follower as unknown as Watched)
    const hardState = { term: asTerm(2), votedFor: null, commit: asIndex(0) }
    scene.oracle.appended(n2, { hardState, entries: [entry(1, 2), entry(2, 2)], sync: true })
    const reply = { type: 'AppendEntriesReply', from: n2, to: n1, term: 2, success: true }
    scene.oracle.sent({ ...reply, matchIndex: 1 } as unknown as Message)
    expect(scene.oracle.violation).toBeNull()
    scene.oracle.sent({ ...reply, matchIndex: 2 } as unknown as Message)
    expect(scene.oracle.violation?.invariant).toBe("acknowledged is the leader's")
  })

  it('fails when a follower acknowledges another entry than its leader’s', () => {
    const acknowledged = (...stored: readonly Entry[]): string | undefined => {
      const scene = new Scene()
      scene.becomes('leader', 2)
      scene.stores(entry(1, 2))
      const core = new SaidCore() as unknown as Watched
      const life = new Life(n2, 1, new Scheduler())
      scene.oracle.started(life, core)
      for (const one of stored) {
        const hardState = { term: one.term, votedFor: null, commit: asIndex(0) }
        const effects = [
          { type: 'role', role: 'follower', term: 2, leaderId: n1 },
          ...(one.term > 2 ? [{ type: 'role', role: 'follower', term: one.term, leaderId: null }] : []),
          { type: 'persist', token: 1, hardState: { ...hardState, term: Math.max(2, one.term) }, entries: [one] }
        ]
        scene.oracle.step(life, core, TICK, effects as unknown as Effect[], 0)
      }
      const hardState = { term: asTerm(2), votedFor: null, commit: asIndex(0) }
      scene.oracle.appended(n2, { hardState, entries: [stored[0]!], sync: true })
      const reply = { type: 'AppendEntriesReply', from: n2, to: n1, term: 2, success: true, matchIndex: 1 }
      scene.oracle.sent(reply as unknown as Message)
      return scene.oracle.violation?.invariant
    }
    expect(acknowledged(entry(1, 2))).toBeUndefined()
    expect(acknowledged(entry(1, 1))).toBe("acknowledged is the leader's")
    expect(acknowledged(entry(1, 2), entry(1, 3))).toBe("acknowledged is the leader's")
  })

  it('fails when an acknowledgement of an earlier term counts', () => {
    const scene = new Scene()
    scene.becomes('leader', 3)
    const message = { type: 'AppendEntriesReply', from: n2, to: n1, term: 2, success: true, matchIndex: 5 }
    const input = { type: 'receive', message } as unknown as Input
    const before = scene.oracle.counted(scene.life, scene.watched, input)
    scene.oracle.stillCounted(scene.life, scene.watched, input, before)
    expect(scene.oracle.violation).toBeNull()
    scene.core.match = 5
    scene.oracle.stillCounted(scene.life, scene.watched, input, before)
    expect(scene.oracle.violation?.invariant).toBe('acknowledged in this term')
  })
})
