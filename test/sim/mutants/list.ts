/**
 * Planted bugs: each an edit to one production source, applied while it is bundled. `find` must stand there exactly
 * once. The simulator must catch each of them by itself, within 500 seeds.
 */
export interface Mutant {
  readonly name: string
  readonly file: string
  readonly find: string
  readonly replace: string
}

export const MUTANTS: readonly Mutant[] = [
  // --- durability ----------------------------------------------------------------------------------------------
  {
    name: 'every promise leaves before its barrier',
    file: 'src-main/raft/outbox.ts',
    find: 'const needed = this.tokenFor(upTo, log)',
    replace: 'const needed = 0'
  },
  {
    name: 'a vote is told before it is durable',
    file: 'src-main/raft/election.ts',
    find: 'else core.outbox.sendDurably(answer, asIndex(0))',
    replace: 'else core.outbox.send(answer)'
  },
  {
    name: 'votes are asked for before the own vote is durable',
    file: 'src-main/raft/election.ts',
    find: 'else core.outbox.sendDurably(request, log.lastIndex)',
    replace: 'else core.outbox.send(request)'
  },
  {
    name: 'the vote is not part of what is recovered',
    file: 'src-main/raft/core.ts',
    find: 'this.votedFor = hardState.votedFor',
    replace: 'this.votedFor = null'
  },
  {
    name: 'a new term alone is not written',
    file: 'src-main/raft/outbox.ts',
    find: 'const hardStateChanged = currentTerm !== this.savedTerm || outcome.votedFor !== this.savedVote',
    replace: 'const hardStateChanged = outcome.votedFor !== null && outcome.votedFor !== this.savedVote'
  },
  {
    name: 'the leader counts itself when it proposes',
    file: 'src-main/raft/replication.ts',
    find: 'core.log.append(entries)\n  return firstIndex',
    replace: 'core.log.append(entries)\n  leadership.self.acknowledge(core.log.lastIndex)\n  return firstIndex'
  },
  {
    name: 'a barrier for entries that were replaced meanwhile counts for their successors (ABA)',
    file: 'src-main/raft/outbox.ts',
    find: 'for (const one of this.pending) one.lastIndex = asIndex(Math.min(one.lastIndex, from - 1))',
    replace: 'void from'
  },
  {
    name: 'the driver sends what waits for the barrier when it begins to write',
    file: 'src-main/runtime/driver.ts',
    find: 'return this.writer.persist(effect)',
    replace: 'for (const message of effect.messages) this.send(message)\n        return this.writer.persist(effect)'
  },
  {
    name: 'the log writer reports a record durable when it is handed over',
    file: 'src-main/runtime/log-writer.ts',
    find: 'this.#perform(next).then(this.#done, this.#fail)',
    replace: 'this.#perform(next).catch(this.#fail)\n    Promise.resolve().then(this.#done)'
  },
  {
    name: 'group commit forgets what a later effect supersedes',
    file: 'src-main/runtime/group-commit.ts',
    find: 'this.#hardState = next.hardState\n',
    replace: ''
  },
  {
    name: 'log records are written without a barrier',
    file: 'src-main/storage/segment.ts',
    find: 'await this.file.writeDurable(line, this.bytes)',
    replace: 'await this.file.write(line, this.bytes)'
  },
  {
    name: 'a damaged end of the log is always taken for a torn write',
    file: 'src-main/storage/log-replay.ts',
    find: 'if (!verdict.torn) throw damaged(verdict.reason)',
    replace: 'void verdict'
  },
  {
    name: 'the name of a new segment is not synced',
    file: 'src-main/storage/nedb-log-store.ts',
    find: 'await this.#append(segment, head, hardState, entries)\n    await this.#disk.syncDirectory(this.#dir)',
    replace: 'await this.#append(segment, head, hardState, entries)'
  },
  // --- elections -----------------------------------------------------------------------------------------------
  {
    name: 'a vote is forgotten when stepping down within the term',
    file: 'src-main/raft/roles.ts',
    find: "core.role = 'follower'\n",
    replace: "core.role = 'follower'\n  core.votedFor = null\n"
  },
  {
    name: 'a longer log wins whatever its last term',
    file: 'src-main/raft/log.ts',
    find: 'return lastLogTerm > lastTerm || (lastLogTerm === lastTerm && lastLogIndex >= this.lastIndex)',
    replace: 'return lastLogTerm > lastTerm || lastLogIndex >= this.lastIndex'
  },
  {
    name: 'votes are granted whatever the log',
    file: 'src-main/raft/election.ts',
    find: 'const upToDate = core.log.isUpToDate(message.lastLogIndex, message.lastLogTerm)',
    replace: 'const upToDate = true'
  },
  {
    name: 'granted pre-votes count as votes',
    file: 'src-main/raft/election.ts',
    find: 'if (core.role !== expected || message.term !== term) return',
    replace: "if (core.role !== 'preCandidate' && core.role !== 'candidate') return"
  },
  {
    name: 'half of the voters are a majority',
    file: 'src-main/raft/quorum.ts',
    find: 'export const majority = (voters: number): number => (voters >> 1) + 1',
    replace: 'export const majority = (voters: number): number => Math.max(1, (voters + 1) >> 1)'
  },
  {
    name: 'votes are asked for without a pre-vote',
    file: 'src-main/raft/election.ts',
    find: "if (campaign === 'preVote' && !core.soleVoter) askForPreVotes(core)\n  else askForVotes(",
    replace: 'void askForPreVotes\n  askForVotes('
  },
  {
    name: 'pre-votes are granted while a leader is live',
    file: 'src-main/raft/election.ts',
    find: 'reply(core, message, electable && !undisturbed)',
    replace: 'reply(core, message, electable)'
  },
  {
    name: 'a leader that reaches no quorum leads on',
    file: 'src-main/raft/clock.ts',
    find: 'if (!reached || !confirmed) {',
    replace: 'void reached\n  if (!confirmed) {'
  },
  {
    name: 'a transfer of leadership has no end',
    file: 'src-main/raft/transfer.ts',
    find: 'if (--transfer.ticksLeft <= 0) {',
    replace: 'if (--transfer.ticksLeft === -Infinity) {'
  },
  {
    name: 'a vote does not look at who was voted for before',
    file: 'src-main/raft/election.ts',
    find: 'const granted = upToDate && term === core.currentTerm && mayVoteFor(core, from)',
    replace: 'const granted = upToDate && term === core.currentTerm'
  },
  // --- replication ---------------------------------------------------------------------------------------------
  {
    name: 'entries of earlier terms are committed by counting (Figure 8)',
    file: 'src-main/raft/commit.ts',
    find: ' || log.termAt(agreed) !== core.currentTerm',
    replace: ''
  },
  {
    name: 'prevLogTerm is not compared',
    file: 'src-main/raft/append-entries.ts',
    find: 'if (log.termAt(prevLogIndex) !== prevLogTerm) {',
    replace: 'if (log.termAt(prevLogIndex) === undefined) {'
  },
  {
    name: 'the log is cut where nothing conflicts',
    file: 'src-main/raft/append-entries.ts',
    find: 'const known = log.firstConflict(entries)',
    replace: 'const known = 0'
  },
  {
    name: 'the leader counts what it has sent to whoever echoes a heartbeat',
    file: 'src-main/raft/heartbeat.ts',
    find: 'peer.roundAcked = Math.max(peer.roundAcked, message.round)',
    replace:
      'peer.roundAcked = Math.max(peer.roundAcked, message.round)\n  peer.acknowledge(asIndex(peer.nextIndex - 1))'
  },
  {
    name: 'a follower commits what is in its log when a heartbeat comes',
    file: 'src-main/raft/heartbeat.ts',
    find: 'core.log.commitTo(message.leaderCommit)',
    replace: 'core.log.commitTo(core.log.lastIndex)'
  },
  {
    name: 'heartbeats carry the commit index to followers that may not hold it',
    file: 'src-main/raft/heartbeat.ts',
    find: 'leaderCommit: asIndex(Math.min(core.log.commitIndex, peer.matchIndex)),',
    replace: 'leaderCommit: core.log.commitIndex,'
  },
  {
    name: 'acknowledgements of an earlier term count',
    file: 'src-main/raft/receive.ts',
    find: 'function receiveStale(core: Core, message: Message): void {\n  switch (message.type) {',
    replace:
      "function receiveStale(core: Core, message: Message): void {\n  switch (message.type) {\n    case 'AppendEntriesReply':\n      return onAppendEntriesReply(core, message)"
  },
  {
    name: 'entries that no majority takes pile up without bound',
    file: 'src-main/raft/propose.ts',
    find: 'return bytes > limits.uncommittedBytesMax ?',
    replace: 'return bytes > limits.uncommittedBytesMax * 1e6 ?'
  },
  {
    name: 'the log behind a snapshot is never given up',
    file: 'src-main/raft/snapshot.ts',
    find: '  core.membership.compactTo(meta.index)\n  compactBehind(core, meta)',
    replace: '  void compactBehind'
  },
  {
    name: 'what was committed is forgotten at the start',
    file: 'src-main/raft/core.ts',
    find: 'const commit = asIndex(Math.max(hardState.commit, snapshotIndex))',
    replace: 'const commit = snapshotIndex'
  },
  {
    name: 'a page of committed entries is handed out twice',
    file: 'src-main/raft/applier.ts',
    find: 'if (this.lastApplied < this.handedOut) return null',
    replace: 'if (this.lastApplied < this.handedOut) this.handedOut = this.lastApplied'
  },
  // --- reads ---------------------------------------------------------------------------------------------------
  {
    name: 'reads rest on a lease instead of a round',
    file: 'src-main/raft/read-index.ts',
    find: 'if (core.soleVoter) confirmReads(core, leadership)',
    replace:
      'for (const batch of reads.confirm(leadership.round)) {\n    for (const request of batch.requests) answer(core, request, batch.readIndex)\n  }'
  },
  {
    name: 'a new leader answers reads before it has committed in its term',
    file: 'src-main/raft/read-index.ts',
    find: 'if (!reads.anyWaiting || reads.roundUnderWay || !core.ownTermCommitted) return',
    replace: 'if (!reads.anyWaiting || reads.roundUnderWay) return'
  },
  {
    name: 'a read is served before this node has applied its index',
    file: 'src-main/runtime/reads.ts',
    find: 'if (this.deps.appliedIndex() >= index) this.#release(readers)',
    replace: 'if (index >= 0) this.#release(readers)'
  },
  {
    name: 'a read joins a round that is under way',
    file: 'src-main/runtime/reads.ts',
    find: 'this.#gathering.push({',
    replace: ';(this.#asking ?? this.#gathering).push({'
  },
  // --- membership ----------------------------------------------------------------------------------------------
  {
    name: 'a configuration is in effect when it is committed, not when it is appended',
    file: 'src-main/raft/core.ts',
    find: 'return this.membership.current\n',
    replace: 'return this.membership.asOf(this.log.commitIndex).configuration\n'
  },
  {
    name: 'a configuration is not taken back with its entry',
    file: 'src-main/raft/append-entries.ts',
    find: 'rollBackConfigurations(core, from)\n',
    replace: 'void rollBackConfigurations\n'
  },
  {
    name: 'a new leader changes the configuration before it has committed in its term (2015)',
    file: 'src-main/raft/membership.ts',
    find: 'if (!core.ownTermCommitted || !core.configurationCommitted || isJoint(core.configuration)) {',
    replace: 'if (!core.configurationCommitted || isJoint(core.configuration)) {'
  },
  {
    name: 'a configuration change begins while another is open',
    file: 'src-main/raft/membership.ts',
    find: 'if (!core.ownTermCommitted || !core.configurationCommitted || isJoint(core.configuration)) {',
    replace: 'if (!core.ownTermCommitted || isJoint(core.configuration)) {'
  },
  {
    name: 'several voters change in one simple step',
    file: 'src-main/raft/configuration.ts',
    find: 'const joint = removed.length + added.length > 1',
    replace: 'const joint = false'
  },
  {
    name: 'a joint configuration commits with the new half alone',
    file: 'src-main/raft/quorum.ts',
    find: 'return Math.min(incoming, majorityValue(configuration.votersOutgoing, valueOf))',
    replace: 'return incoming'
  },
  {
    name: 'learners are counted',
    file: 'src-main/raft/quorum.ts',
    find: 'const incoming = majorityValue(configuration.voters, valueOf)',
    replace: 'const incoming = majorityValue([...configuration.voters, ...configuration.learners], valueOf)'
  },
  {
    name: 'the joint configuration is never left',
    file: 'src-main/raft/membership.ts',
    find: 'if (isJoint(configuration)) {\n    appendConfiguration(core, leaveJoint(configuration))\n  } else',
    replace: 'if (isJoint(configuration)) {\n    void leaveJoint\n  } else'
  },
  // --- who votes -----------------------------------------------------------------------------------------------
  {
    name: 'a voter that stays away is never replaced',
    file: 'src-main/runtime/autopilot.ts',
    find: 'const gone = absent[0]',
    replace: 'const gone = absent[absent.length]'
  },
  {
    name: 'an even number of voters stays even',
    file: 'src-main/runtime/autopilot.ts',
    find: 'if (voters.length % 2 === 1 || mustWait(view, voters, limits)) return null',
    replace: 'if (view.unfitMs >= 0) return null'
  },
  {
    name: 'more than five may vote',
    file: 'src-main/runtime/autopilot.ts',
    find: 'if (voters.length <= limits.votersMax || mustWait(view, voters, limits)) return null',
    replace: 'if (view.unfitMs >= 0) return null'
  },
  // --- snapshots -----------------------------------------------------------------------------------------------
  {
    name: 'installing a snapshot drops the suffix that fits',
    file: 'src-main/raft/snapshot.ts',
    find: 'const keepLog = log.termAt(meta.index) === meta.term',
    replace: 'const keepLog = false'
  },
  {
    name: 'the outcomes of sessions do not come back from a snapshot',
    file: 'src-main/farm/loader.ts',
    find: 'this.session?.outcomes.set(row[0] as number, this.read.outcome(row[1] as Row))',
    replace: 'void this.read'
  },
  {
    name: 'a log that contradicts the snapshot is kept after a crash',
    file: 'src-main/storage/recovery.ts',
    find: 'await log.reset({ index: snapshot.index, term: snapshot.term }, joined)\n  return',
    replace: 'return'
  },
  {
    name: 'a snapshot claims one entry more than it holds',
    file: 'src-main/farm/farm.ts',
    find: 'this.heading(this.lastIndex)',
    replace: 'this.heading(this.lastIndex + 1)'
  },
  {
    name: 'a received snapshot does not replace the farm',
    file: 'src-main/runtime/applier.ts',
    find: 'this.#installing = null\n    this.farm = farm\n',
    replace: 'this.#installing = null\n'
  },
  // --- who is who ----------------------------------------------------------------------------------------------
  {
    name: 'a member that was away does not listen to those who know the others',
    file: 'src-main/runtime/neighbours.ts',
    find: 'this.#peers.onTold(told)',
    replace: 'void told'
  },
  {
    name: 'after a restart only the configuration in effect counts, committed or not',
    file: 'src-main/runtime/neighbours.ts',
    find: 'if (index > 0) this.#peers.onConfiguration(configuration, index, true, nowMs)\n',
    replace: 'void [index, configuration]\n'
  },
  {
    name: 'a snapshot that is not needed is refused without a word',
    file: 'src-main/runtime/snapshot-receiving.ts',
    find: 'return nothingMissing(chunks)',
    replace: 'return void nothingMissing(chunks) ?? null'
  },
  {
    name: 'every refusal is taken for a removal',
    file: 'src-main/runtime/neighbours.ts',
    find: "if (code === 'not_a_member') this",
    replace: "if (code !== '') this"
  },
  {
    name: 'the highest version that either side speaks is spoken',
    file: 'src-main/transport/hello.ts',
    find: 'const version = Math.min(theirs.max, ours.max)',
    replace: 'const version = Math.max(theirs.max, ours.max)'
  },
  {
    name: 'versions that no side shares are spoken',
    file: 'src-main/transport/hello.ts',
    find: 'return version >= Math.max(theirs.min, ours.min) ? version : null',
    replace: 'return version'
  },
  {
    name: 'a heartbeat commits what only an earlier process had acknowledged',
    file: 'src-main/raft/heartbeat.ts',
    find: 'if (mayCommit(core, message.leaderCommit)) core',
    replace: 'void mayCommit\n  core'
  },
  {
    name: 'who is a member again stays removed',
    file: 'src-main/runtime/node-events.ts',
    find: 'if (committed && configuration.members[options.id] !== undefined) this.#onReadmitted()',
    replace: 'void this.#onReadmitted'
  },
  // --- time ----------------------------------------------------------------------------------------------------
  {
    name: 'a gap in time is taken for a tick',
    file: 'src-main/runtime/ticker.ts',
    find: 'return isHidden || elapsedMs - this.limits.tickMs > this.limits.gapMs ?',
    replace: 'return isHidden && elapsedMs < 0 ?'
  },
  {
    name: 'a late tick is made up for by an early one',
    file: 'src-main/runtime/ticker.ts',
    find: 'this.#cancel = this.clock.after(this.limits.tickMs, this.#wake)\n    const monotonicMs = this.clock.monotonicMs()\n',
    replace:
      'const monotonicMs = this.clock.monotonicMs()\n    const lateMs = Math.max(0, monotonicMs - this.#monotonicMs - this.limits.tickMs)\n    this.#cancel = this.clock.after(Math.max(0, this.limits.tickMs - lateMs), this.#wake)\n'
  },
  // --- requests and the farm -----------------------------------------------------------------------------------
  {
    name: 'a repeated request is applied again',
    file: 'src-main/farm/farm.ts',
    find: 'const kept = session.outcomes.get(q)\n    if (kept !== undefined) return repeated(kept)\n',
    replace: ''
  },
  {
    name: 'idempotency keys are not remembered',
    file: 'src-main/farm/farm.ts',
    find: 'this.idempotency.add({ key, request, at: this.clock, outcome: applied.outcome })\n',
    replace: ''
  },
  {
    name: 'a write that was handed over is said not to be done',
    file: 'src-main/runtime/proposals.ts',
    find: 'const overdue = (pending: Pending): Failure =>\n  pending.copies > 0',
    replace: 'const overdue = (pending: Pending): Failure =>\n  pending.copies < 0'
  },
  {
    name: 'a write without an outcome has no deadline',
    file: 'src-main/runtime/node-events.ts',
    find: 'proposals.expire(nowMs)',
    replace: 'void proposals'
  },
  {
    name: 'a read without an answer has no deadline',
    file: 'src-main/runtime/node-events.ts',
    find: 'reads.onTick(nowMs)',
    replace: 'void reads'
  },
  {
    name: 'writes that wait are never handed over again',
    file: 'src-main/runtime/router.ts',
    find: 'this.#resendAll = false\n    this.deps.proposals.makeDue()',
    replace: 'this.#resendAll = false'
  },
  {
    name: 'Done takes the weight off twice',
    file: 'src-main/farm/jobs.ts',
    find: "if (status === 'Done') useUp(tables, job, stamp)",
    replace: "if (status === 'Done') {\n    useUp(tables, job, stamp)\n    useUp(tables, job, stamp)\n  }"
  },
  {
    name: 'Done does not take the weight off',
    file: 'src-main/farm/jobs.ts',
    find: "if (status === 'Done') useUp(tables, job, stamp)",
    replace: 'void useUp'
  },
  {
    name: 'reservations are not looked at when a job is created',
    file: 'src-main/farm/jobs.ts',
    find: 'if (exceeds(plus(reserved, exact(print_weight_in_grams)), remaining)) {',
    replace: 'if (exceeds(exact(print_weight_in_grams), remaining)) {'
  },
  {
    name: 'a job that is Done can be cancelled',
    file: 'src-main/farm/lifecycle.ts',
    find: 'return NEXT_STATUSES[from].includes(to)',
    replace: "return NEXT_STATUSES[from].includes(to) || (from === 'Done' && to === 'Cancelled')"
  },
  {
    name: 'applying reads something that is not in the log',
    file: 'src-main/farm/farm.ts',
    find: 'const stamp: Stamp = { at: t,',
    replace: 'const stamp: Stamp = { at: t + Math.floor(Math.random() * 9),'
  }
]
