/**
 * Membership changes (§6, thesis §4): a configuration is in effect as soon as it is in the log, is taken back with
 * the entry, and one change must be committed before the next begins. A new leader must first commit an entry of
 * its own term: without that, two leaders' single-server changes could have disjoint quorums (the bug of 2015).
 */
import { encodeConfiguration, isJoint, isMember, isVoter, leaveJoint, planChange } from './configuration'
import { advanceCommit } from './commit'
import type { Core } from './core'
import { confirmReads } from './read-index'
import { appendAsLeader, broadcastEntries } from './replication'
import { becomeFollower } from './roles'
import { abortTransfer, bestSuccessor, sendTimeoutNow } from './transfer'
import type { Configuration, ConfigurationChange, Entry, LogIndex, Refusal } from './types'

/** Input changeConfiguration. */
export function changeConfiguration(core: Core, change: ConfigurationChange): void {
  const { leadership } = core
  if (leadership === null) return refuse(core, 'notLeader')
  if (leadership.transfer !== null) return refuse(core, 'leadershipTransferInProgress')
  if (!core.ownTermCommitted || !core.configurationCommitted || isJoint(core.configuration)) {
    return refuse(core, 'configurationChangeInProgress')
  }
  const plan = planChange(core.configuration, change)
  if (!plan.ok) return refuse(core, plan.reason)
  const firstIndex = appendConfiguration(core, plan.configuration)
  core.outbox.notice({ type: 'proposed', firstIndex, term: core.currentTerm, count: 1 })
}

function refuse(core: Core, reason: Refusal): void {
  core.outbox.notice({ type: 'refused', reason, leaderId: core.leaderId })
}

function appendConfiguration(core: Core, configuration: Configuration): LogIndex {
  const index = appendAsLeader(core, 'configuration', [encodeConfiguration(configuration)])
  takeUpConfigurations(core, [core.log.at(index)])
  broadcastEntries(core, core.leadership!)
  // A smaller quorum may already agree on what an earlier one had not.
  advanceCommit(core)
  return index
}

/** Entries were appended, here or from a leader: the configurations among them are in effect. */
export function takeUpConfigurations(core: Core, entries: readonly Entry[]): void {
  if (core.membership.append(entries)) configurationInEffect(core)
}

/** Entries from `from` on were truncated: an earlier configuration may be in effect again. */
export function rollBackConfigurations(core: Core, from: LogIndex): void {
  if (core.membership.truncateFrom(from)) configurationInEffect(core)
}

/** Announces the configuration that is in effect now, and lets the leader follow it. */
export function configurationInEffect(core: Core): void {
  const { leadership, configuration } = core
  core.outbox.notice({
    type: 'configuration',
    configuration,
    index: core.membership.currentIndex,
    committed: core.configurationCommitted
  })
  if (leadership === null) return
  leadership.adopt(configuration, core.membership.currentIndex)
  if (leadership.transfer !== null && !configuration.voters.includes(leadership.transfer.to)) {
    abortTransfer(core, leadership)
  }
  confirmReads(core, leadership)
}

/** commitIndex has moved: tells of configurations that are committed by it, and goes on from there. */
export function onConfigurationsCommitted(core: Core): void {
  announceCommitted(core)
  const { leadership, configuration } = core
  if (leadership === null || !core.configurationCommitted || !core.ownTermCommitted) return
  if (isJoint(configuration)) {
    appendConfiguration(core, leaveJoint(configuration))
  } else if (!isVoter(configuration, core.id)) {
    // Followers have been told of the commit; the best of them need not wait for its election timeout.
    const successor = bestSuccessor(core, leadership)
    if (successor !== null) sendTimeoutNow(core, successor.id)
    becomeFollower(core, core.currentTerm, null)
  }
}

/** On every node, whenever commitIndex may have passed a configuration. */
export function announceCommitted(core: Core): void {
  const { log, membership } = core
  if (core.announcedCommit >= log.commitIndex) return
  const news = membership.between(core.announcedCommit, log.commitIndex)
  core.announcedCommit = log.commitIndex
  for (const { index, configuration } of news) {
    core.outbox.notice({ type: 'configuration', configuration, index, committed: true })
    if (isMember(configuration, core.id)) {
      core.admitted = true
    } else if (core.admitted) {
      core.admitted = false
      core.outbox.notice({ type: 'removed' })
    }
  }
}
