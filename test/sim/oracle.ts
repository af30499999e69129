/**
 * Sees all: what each store acknowledged, each message that leaves, each step of each core. Holds it against the
 * invariants, each in a file of its own. The first violation is kept; the run ends with it.
 */
import { entryBytes } from '../../src-main/raft/log'
import type { Raft } from '../../src-main/raft/raft'
import { asIndex } from '../../src-main/raft/types'
import type {
  AppendEntriesReply,
  Configuration,
  Effect,
  Entry,
  HardState,
  Input,
  LogIndex,
  Message,
  NodeId,
  RaftLimits,
  RecoveredState,
  Role,
  SnapshotMeta
} from '../../src-main/raft/types'
import type { LogRecord } from '../../src-main/storage/ports'
import { checkTrail, checkUncommitted } from './invariants/bounds'
import { Committed } from './invariants/committed'
import { checkFollows, checkMayStart } from './invariants/configuration'
import { Durability } from './invariants/durability'
import { ElectionSafety } from './invariants/election-safety'
import { ExactlyOnce } from './invariants/exactly-once'
import { FarmHashes } from './invariants/farm-state'
import { LogMatching } from './invariants/log-matching'
import { QuorumContact } from './invariants/quorum-contact'
import { Reads } from './invariants/reads'
import { checkCommitRule, checkKeepsSuffix } from './invariants/rules'
import { Ticks } from './invariants/ticks'
import { checkSpoken, type Speaker } from './invariants/versions'
import { Violation } from './invariants/violation'
import type { Life } from './life'
import type { StoreObserver } from './observed-store'

/** Read after every step, hence without the production status, which costs more than the step. */
const stateOf = (core: Watched): { readonly currentTerm: number; readonly log: { readonly commitIndex: number } } =>
  (core as unknown as { core: { currentTerm: number; log: { commitIndex: number } } }).core

/** What a core says of itself. */
export type Watched = Pick<Raft, 'status' | 'entriesFrom' | 'termAt' | 'configurationAsOf'>

/** The log of one core as its own effects tell it. */
class CoreView {
  role: Role = 'follower'
  term = 0
  commitIndex = 0
  firstIndex = 1
  terms: number[] = []
  /** Term at firstIndex - 1, where known. */
  baseTerm: number | null = null

  get lastIndex(): number {
    return this.firstIndex + this.terms.length - 1
  }

  termAt(index: number): number | null {
    if (index === this.firstIndex - 1) return this.baseTerm
    return this.terms[index - this.firstIndex] ?? null
  }

  restart(index: number, term: number): void {
    this.firstIndex = index + 1
    this.terms = []
    this.baseTerm = term
  }
}

const CONFIGURATIONS_KEPT = 6

export class Oracle implements StoreObserver {
  readonly election = new ElectionSafety()
  readonly matching = new LogMatching()
  readonly committed = new Committed()
  readonly durability = new Durability()
  readonly reads = new Reads()
  readonly hashes = new FarmHashes()
  readonly once = new ExactlyOnce()
  readonly ticks = new Ticks()
  readonly contact: QuorumContact
  violation: Violation | null = null
  /** Who asked for the command at an index that was applied. */
  readonly actors: (string | undefined)[] = []
  /** Configurations that stand in some log, newest first. */
  private recent: Configuration[] = []
  private placed: { index: number; configuration: Configuration }[] = []
  /** The last that was committed, which those tried in vain since may have pushed out of the recent ones. */
  private decided: Configuration[] = []
  private readonly views = new Map<string, CoreView>()
  /** The view of each node's present life. */
  private readonly latest = new Map<NodeId, CoreView>()
  /** Newest term and index of a configuration entry, for what its predecessor in the same log was. */
  private readonly configurations = new Map<NodeId, { index: number; configuration: Configuration }[]>()
  /** Where the last configuration stands that was to be written to a machine's disk. */
  private readonly configurationWritten = new Map<NodeId, number>()

  constructor(private readonly limits: Pick<RaftLimits, 'electionTicks' | 'trailingEntries' | 'uncommittedBytesMax'>) {
    this.contact = new QuorumContact(limits.electionTicks)
  }

  fail(violation: Violation): void {
    this.violation ??= violation
  }

  /** Runs a check; a violation is kept, so that production code does not catch it. */
  guard(check: () => void): void {
    if (this.violation !== null) return
    try {
      check()
    } catch (error) {
      this.fail(error instanceof Violation ? error : new Violation('checker', String((error as Error).stack)))
    }
  }

  // --- stores --------------------------------------------------------------------------------------------------

  recovered(id: NodeId, state: RecoveredState): void {
    this.guard(() => {
      this.durability.recovered(id, state)
      this.election.hardState(id, state.hardState)
      for (const entry of state.entries) this.committed.holders.add(id, entry.index, entry.term)
      this.matching.stored(id, state.entries, null)
    })
  }

  appending(id: NodeId, record: LogRecord): void {
    this.durability.appending(id, record)
  }

  resetting(id: NodeId): void {
    this.durability.resetting(id)
  }

  compacting(id: NodeId, firstIndex: LogIndex): void {
    this.durability.compacting(id, firstIndex)
  }

  appended(id: NodeId, record: LogRecord): void {
    this.guard(() => {
      this.durability.appended(id, record)
      if (!record.sync) return
      this.election.hardState(id, record.hardState)
      for (const entry of record.entries) this.committed.holders.add(id, entry.index, entry.term)
    })
  }

  reset(id: NodeId, index: LogIndex, hardState: HardState): void {
    this.guard(() => this.durability.reset(id, index, hardState))
  }

  snapshot(id: NodeId, index: LogIndex): void {
    this.durability.snapshot(id, index)
  }

  /** Somebody has put an earlier copy in the place of this node's data. */
  setBack(id: NodeId): void {
    this.durability.setBack(id)
    this.election.setBack(id)
  }

  // --- connections and messages ------------------------------------------------------------------------------------------------

  connected(a: Speaker, b: Speaker, version: number): void {
    this.guard(() => checkSpoken(a, b, version))
  }

  sent(message: Message): void {
    this.guard(() => {
      this.election.sent(message)
      this.durability.sent(message)
      if (message.type === 'AppendEntriesReply' && message.success) this.acknowledged(message)
    })
  }

  /** What a follower acknowledges to the leader of its term stands in that leader's log, in the same form. */
  private acknowledged({ from, to, term, matchIndex }: AppendEntriesReply): void {
    const leader = this.latest.get(to)
    const mine = this.latest.get(from)
    if (leader === undefined || leader.role !== 'leader' || leader.term !== term || mine === undefined) return
    const theirs = leader.termAt(matchIndex)
    const held = mine.termAt(matchIndex)
    const isOther = theirs !== null && held !== null && theirs !== held
    if (matchIndex > leader.lastIndex || isOther) {
      throw new Violation(
        "acknowledged is the leader's",
        `${from} acknowledges ${matchIndex}/${held} to ${to}, which has ${theirs === null ? 'nothing' : `term ${theirs}`}`
      )
    }
  }

  // --- cores ---------------------------------------------------------------------------------------------------

  /** Before the first step of a core: where its log stands. */
  started(life: Life, core: Watched): void {
    const view = new CoreView()
    const status = core.status()
    view.term = status.term
    view.commitIndex = status.commitIndex
    view.firstIndex = status.firstIndex
    const entries = core.entriesFrom(status.firstIndex)
    view.terms = entries.map((e) => e.term)
    view.baseTerm = core.termAt(asIndex(status.firstIndex - 1)) ?? null
    this.views.set(life.name, view)
    this.latest.set(life.id, view)
    const base = core.configurationAsOf(asIndex(Math.max(status.snapshotIndex, status.firstIndex - 1)))
    const known = [{ index: base.index as number, configuration: base.configuration }]
    if (base.configuration.voters.length > 0) this.remember(base.index, base.configuration)
    for (const entry of entries) {
      if (entry.kind !== 'configuration' || entry.index <= base.index) continue
      const configuration = JSON.parse(entry.data) as Configuration
      known.push({ index: entry.index, configuration })
      this.remember(entry.index, configuration)
    }
    this.configurations.set(life.id, known)
    this.configurationWritten.set(life.id, known.at(-1)!.index)
  }

  /** Before a step: what a leader counts for whoever sends it an acknowledgement of an earlier term; null for all else. */
  counted(life: Life, core: Watched, input: Input): number | null {
    if (input.type !== 'receive' || input.message.type !== 'AppendEntriesReply') return null
    const view = this.views.get(life.name)
    const { from, term, success } = input.message
    if (!success || view === undefined || view.role !== 'leader' || term >= view.term) return null
    return core.status().progress.find(({ id }) => id === from)?.matchIndex ?? null
  }

  /** After it: that must not have changed, for the follower may have dropped those entries since. */
  stillCounted(life: Life, core: Watched, input: Input, before: number | null): void {
    if (before === null || input.type !== 'receive') return
    const { from } = input.message
    const after = core.status().progress.find(({ id }) => id === from)?.matchIndex ?? before
    if (after === before) return
    this.fail(
      new Violation('acknowledged in this term', `${life.name} counts ${after} for ${from}, by word of an earlier term`)
    )
  }

  /** `nowMs`: virtual time. */
  step(life: Life, core: Watched, input: Input, effects: readonly Effect[], nowMs: number): void {
    this.guard(() => {
      if (input.type === 'tick') this.ticks.tick(life, nowMs)
      else if (input.type === 'timeGap') {
        this.ticks.gap(life, nowMs)
        this.contact.forget(life.name)
      } else if (input.type === 'receive') this.contact.heard(life.name, input.message.from)
      const view = this.views.get(life.name)
      if (view === undefined) throw new Violation('checker', `${life.name} steps before it started`)
      if (input.type === 'propose') this.checkRoom(life, core, view, effects)
      if (input.type === 'readIndex') this.reads.ask(life.name, input.context, this.committed.index)
      for (const effect of effects) this.effect(life, core, view, effect)
      if (input.type === 'snapshotCreated') {
        const { snapshotIndex, firstIndex } = core.status()
        checkTrail(life.name, snapshotIndex, firstIndex, this.limits.trailingEntries)
      }
      if (view.role !== 'leader') this.contact.forget(life.name)
      else if (input.type === 'tick') {
        const configuration = this.configurations.get(life.id)?.at(-1)?.configuration
        if (configuration !== undefined) this.contact.tick(life.name, life.id, configuration)
      }
      const { commitIndex } = stateOf(core).log
      if (commitIndex < view.commitIndex) {
        throw new Violation(
          'commit never goes back',
          `${life.name} has committed ${commitIndex} after ${view.commitIndex}`
        )
      }
      if (commitIndex > view.commitIndex) {
        view.commitIndex = commitIndex
        if (view.role === 'leader') checkCommitRule(life.name, view.term, commitIndex, view.termAt(commitIndex))
      }
    })
  }

  /** Before the batch is part of the log. */
  private checkRoom(life: Life, core: Watched, view: CoreView, effects: readonly Effect[]): void {
    const bytes = (entries: readonly Entry[]) => entries.reduce((sum, entry) => sum + entryBytes(entry), 0)
    const batch = effects.flatMap((effect) => (effect.type === 'persist' ? effect.entries : []))
    const first = batch[0]?.index
    if (first === undefined) return
    const waiting = core.entriesFrom(asIndex(view.commitIndex + 1)).filter(({ index }) => index < first)
    checkUncommitted(life.name, bytes(waiting), bytes(batch), this.limits.uncommittedBytesMax)
  }

  private effect(life: Life, core: Watched, view: CoreView, effect: Effect): void {
    switch (effect.type) {
      case 'persist':
        return this.persist(life, core, view, effect.hardState, effect.entries)
      case 'apply':
        for (const entry of effect.entries) this.apply(life, core, entry)
        return
      case 'role':
        if (effect.term < view.term) {
          throw new Violation('term never goes back', `${life.name} is in term ${effect.term} after ${view.term}`)
        }
        if (effect.role === 'leader' && (view.role !== 'leader' || view.term !== effect.term)) {
          this.election.leads(effect.term, life.id)
          this.committed.elected(life.id, effect.term, view)
        }
        view.role = effect.role
        view.term = effect.term
        return
      case 'readReady':
        return this.reads.ready(life.name, effect.context, effect.index)
      case 'readFailed':
        return this.reads.failed(life.name, effect.context)
      case 'installSnapshot': {
        const { meta } = effect
        if (meta.index > this.committed.index) {
          throw new Violation('snapshot is committed', `${life.name} installs ${meta.index} of ${this.committed.index}`)
        }
        const entry = this.committed.entries[meta.index]
        if (entry !== undefined && entry.term !== meta.term) {
          throw new Violation(
            'snapshot is committed',
            `${life.name} installs ${meta.index}/${meta.term}, not ${entry.term}`
          )
        }
        this.committed.restored(life.name, meta.index)
        checkKeepsSuffix(life.name, meta, view.termAt(meta.index), effect.keepLog)
        if (!effect.keepLog) view.restart(meta.index, meta.term)
        this.configurationInstalled(life.id, meta, effect.keepLog)
        return
      }
      default:
    }
  }

  private persist(life: Life, core: Watched, view: CoreView, hardState: HardState, entries: readonly Entry[]): void {
    if (hardState.term < view.term) {
      throw new Violation('term never goes back', `${life.name} writes term ${hardState.term} after ${view.term}`)
    }
    const first = entries[0]
    if (first === undefined) return
    if (first.index <= view.lastIndex && view.role === 'leader') {
      throw new Violation('leader append-only', `${life.name} overwrites ${first.index} of ${view.lastIndex}`)
    }
    if (first.index <= this.committed.index) this.keepsCommitted(life, view, entries)
    if (first.index > view.lastIndex + 1 || first.index < view.firstIndex) {
      throw new Violation(
        'log has no gap',
        `${life.name} stores ${first.index} after ${view.firstIndex}…${view.lastIndex}`
      )
    }
    this.matching.stored(life.id, entries, view.termAt(first.index - 1))
    view.terms.length = first.index - view.firstIndex
    const known = this.configurations.get(life.id)
    if (known !== undefined)
      this.configurations.set(
        life.id,
        known.filter((c) => c.index < first.index)
      )
    for (const entry of entries) {
      view.terms.push(entry.term)
      if (entry.kind === 'configuration') this.configurationStored(life, core, view, entry)
    }
  }

  /** A committed entry that a log holds is never replaced in it. */
  private keepsCommitted(life: Life, view: CoreView, entries: readonly Entry[]): void {
    for (const entry of entries) {
      const committed = this.committed.entries[entry.index]
      if (committed === undefined || view.termAt(entry.index) !== committed.term) continue
      if (entry.term !== committed.term) {
        throw new Violation(
          'committed is kept',
          `${life.name} replaces committed ${entry.index}/${committed.term} by term ${entry.term}`
        )
      }
    }
    const last = (entries.at(-1) as Entry).index
    const next = this.committed.entries[last + 1]
    if (next !== undefined && view.termAt(last + 1) === next.term) {
      throw new Violation('committed is kept', `${life.name} cuts committed ${last + 1}/${next.term} off its log`)
    }
  }

  private apply(life: Life, core: Watched, entry: Entry): void {
    const fresh = entry.index > this.committed.index
    const deciders = [...this.recent, ...this.decided]
    this.committed.apply(life.name, life.id, fresh ? stateOf(core).currentTerm : 0, entry, deciders)
    if (!fresh) return
    if (entry.kind === 'configuration') this.decided = [JSON.parse(entry.data) as Configuration]
    if (entry.kind !== 'command') return
    this.actors[entry.index] = (JSON.parse(entry.data) as { a?: string }).a
  }

  // --- configurations ------------------------------------------------------------------------------------------

  private configurationStored(life: Life, core: Watched, view: CoreView, entry: Entry): void {
    const configuration = JSON.parse(entry.data) as Configuration
    this.contact.reconfigured(life.name)
    const before = this.note(life.id, entry.index, configuration)
    if (before !== null && before.voters.length > 0)
      checkFollows(before, configuration, `${life.name} at ${entry.index}`)
    if (view.role !== 'leader' || before === null || before.voters.length === 0) return
    const status = core.status()
    const leavesJoint = before.votersOutgoing.length > 0
    const previous = this.configurations.get(life.id)?.at(-2)?.index ?? 0
    checkMayStart(
      life.id,
      {
        commitIndex: status.commitIndex,
        committedTerm: view.termAt(status.commitIndex) ?? 0,
        configurationIndex: previous
      },
      view.term,
      leavesJoint
    )
  }

  /** Remembers what `id`'s log says of the members; answers with what it said before that index. */
  private note(id: NodeId, index: number, configuration: Configuration): Configuration | null {
    const kept = (this.configurations.get(id) ?? []).filter((c) => c.index < index)
    const before = kept.at(-1)?.configuration ?? null
    this.configurationWritten.set(id, Math.max(this.configurationWritten.get(id) ?? 0, index))
    kept.push({ index, configuration })
    this.configurations.set(id, kept)
    this.remember(index, configuration)
    return before
  }

  /** The snapshot's takes the place of all before it; of those behind it, which the log may keep, nothing changes. */
  private configurationInstalled(
    id: NodeId,
    { index, configurationIndex, configuration }: SnapshotMeta,
    keepLog: boolean
  ) {
    const behind = keepLog ? (this.configurations.get(id) ?? []).filter((c) => c.index > index) : []
    this.configurations.set(id, [{ index: configurationIndex, configuration }, ...behind])
    this.remember(configurationIndex, configuration)
  }

  /** Its disk may hold one beyond `index`, even where its log has replaced it: that is durable later. */
  mayHoldConfigurationBeyond(id: NodeId, index: number): boolean {
    return (this.configurationWritten.get(id) ?? 0) > index
  }

  /** Configurations that may still decide somewhere. */
  configurationsAround(): readonly Configuration[] {
    return this.recent
  }

  /** Those that lie furthest up in any log: a newcomer's replay of old ones does not push them out. */
  private remember(index: number, configuration: Configuration): void {
    const key = (c: Configuration) => `${c.voters}|${c.votersOutgoing}`
    const known = this.placed.find((p) => p.index === index && key(p.configuration) === key(configuration))
    if (known !== undefined) return
    this.placed = [...this.placed, { index, configuration }]
      .sort((a, b) => b.index - a.index)
      .slice(0, CONFIGURATIONS_KEPT)
    this.recent = this.placed.map((p) => p.configuration)
  }
}
