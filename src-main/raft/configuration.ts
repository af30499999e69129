/**
 * The algebra of configurations (thesis §4): their encoding, what makes one valid, and the way from one to another.
 *
 * Invariant: what `planChange` and `leaveJoint` return is valid, and shares a quorum with what it follows: either
 * at most one voter differs, or it is joint.
 */
import { invariant, InvariantViolated } from './invariants'
import type { Configuration, ConfigurationChange, MemberInfo, NodeId, Refusal } from './types'

export const EMPTY_CONFIGURATION: Configuration = {
  voters: [],
  votersOutgoing: [],
  learners: [],
  learnersNext: [],
  members: {}
}

export const isJoint = (configuration: Configuration): boolean => configuration.votersOutgoing.length > 0

export const isVoter = (configuration: Configuration, id: NodeId): boolean =>
  configuration.voters.includes(id) || configuration.votersOutgoing.includes(id)

export const isMember = (configuration: Configuration, id: NodeId): boolean =>
  isVoter(configuration, id) || configuration.learners.includes(id)

const sorted = (ids: Iterable<NodeId>): NodeId[] => [...new Set(ids)].sort()

const without = (ids: readonly NodeId[], gone: readonly NodeId[]): NodeId[] => ids.filter((id) => !gone.includes(id))

/** Everyone that takes part, each once, in order. */
export const participants = (configuration: Configuration): NodeId[] =>
  sorted([...configuration.voters, ...configuration.votersOutgoing, ...configuration.learners])

/** Everyone whose vote counts, each once, in order. */
export const electorate = (configuration: Configuration): NodeId[] =>
  sorted([...configuration.voters, ...configuration.votersOutgoing])

const isSorted = (ids: readonly NodeId[]): boolean => ids.every((id, i) => i === 0 || ids[i - 1]! < id)

/** Why `configuration` is none, or null. */
export function flaw(configuration: Configuration): string | null {
  const { voters, votersOutgoing, learners, learnersNext, members } = configuration
  for (const ids of [voters, votersOutgoing, learners, learnersNext]) {
    if (!isSorted(ids)) return 'ids are not sorted or not unique'
  }
  if (voters.length === 0) return 'no voters'
  if (learners.some((id) => voters.includes(id) || votersOutgoing.includes(id))) return 'a learner votes'
  if (learnersNext.some((id) => !votersOutgoing.includes(id))) return 'learnersNext is not among votersOutgoing'
  if (learnersNext.some((id) => voters.includes(id))) return 'learnersNext is among voters'
  const named = participants(configuration)
  if (named.some((id) => members[id] === undefined)) return 'a participant is unknown'
  if (Object.keys(members).length !== named.length) return 'a member takes no part'
  return null
}

export const encodeConfiguration = (configuration: Configuration): string => JSON.stringify(configuration)

/** Reads the data of a configuration entry; what a leader wrote is valid. */
export function decodeConfiguration(data: string): Configuration {
  let configuration: Configuration
  try {
    configuration = JSON.parse(data) as Configuration
  } catch {
    throw new InvariantViolated(`a configuration entry is JSON: ${data.slice(0, 200)}`)
  }
  const reason = flaw(configuration)
  invariant(reason === null, 'a configuration entry is valid', reason, data)
  return configuration
}

export type Plan =
  | { readonly ok: true; readonly configuration: Configuration }
  | { readonly ok: false; readonly reason: Refusal }

const refuse = (reason: Refusal): Plan => ({ ok: false, reason })

const memberTable = (
  ids: readonly NodeId[],
  known: Readonly<Record<string, MemberInfo>>
): Record<string, MemberInfo> => {
  const members: Record<string, MemberInfo> = {}
  for (const id of sorted(ids)) members[id] = known[id]!
  return members
}

/** The next configuration on the way to what the caller wants. `current` must not be joint. */
export function planChange(current: Configuration, change: ConfigurationChange): Plan {
  const { voters, learners, members } = current
  switch (change.type) {
    case 'addLearner': {
      if (isMember(current, change.id)) return refuse('alreadyMember')
      if (change.id === '') return refuse('invalid')
      const next = sorted([...learners, change.id])
      const known = { ...members, [change.id]: change.info }
      return withVoters(current, voters, next, known)
    }
    case 'updateInfo':
      if (!isMember(current, change.id)) return refuse('unknownMember')
      return withVoters(current, voters, learners, { ...members, [change.id]: change.info })
    case 'remove':
      if (!isMember(current, change.id)) return refuse('unknownMember')
      return withVoters(current, without(voters, [change.id]), without(learners, [change.id]), members)
    case 'setVoters': {
      const target = sorted(change.voters)
      if (target.length === 0) return refuse('lastVoter')
      if (target.some((id) => !isMember(current, id))) return refuse('unknownMember')
      return withVoters(current, target, without([...voters, ...learners], target), members)
    }
  }
}

function withVoters(
  current: Configuration,
  voters: readonly NodeId[],
  learners: readonly NodeId[],
  known: Readonly<Record<string, MemberInfo>>
): Plan {
  if (voters.length === 0) return refuse('lastVoter')
  const removed = without(current.voters, voters)
  const added = without(voters, current.voters)
  const joint = removed.length + added.length > 1
  const votersOutgoing = joint ? current.voters : []
  // A voter that is to become a learner still votes in the outgoing half.
  const configuration: Configuration = {
    voters: sorted(voters),
    votersOutgoing,
    learners: sorted(without(learners, votersOutgoing)),
    learnersNext: joint ? sorted(learners.filter((id) => votersOutgoing.includes(id))) : [],
    members: memberTable([...voters, ...votersOutgoing, ...learners], known)
  }
  return flaw(configuration) === null ? { ok: true, configuration } : refuse('invalid')
}

/** C_new after the joint configuration C_old,new (§6). */
export function leaveJoint(joint: Configuration): Configuration {
  const learners = sorted([...joint.learners, ...joint.learnersNext])
  return {
    voters: joint.voters,
    votersOutgoing: [],
    learners,
    learnersNext: [],
    members: memberTable([...joint.voters, ...learners], joint.members)
  }
}
