/**
 * Majorities, simple and joint (§6): what a set of voters has agreed on. Knows ids and numbers only.
 *
 * An empty set of voters agrees with everything: it is the outgoing half of a configuration that is not joint.
 */
import type { Configuration, NodeId } from './types'

/** How many of `voters` make a majority. */
export const majority = (voters: number): number => (voters >> 1) + 1

export type VoteResult = 'won' | 'lost' | 'pending'

const scratch: number[] = []

/** The highest value that a majority of `voters` has reached. */
function majorityValue(voters: readonly NodeId[], valueOf: (id: NodeId) => number): number {
  const count = voters.length
  if (count === 0) return Infinity
  if (count === 1) return valueOf(voters[0]!)
  for (let i = 0; i < count; i++) {
    const value = valueOf(voters[i]!)
    let j = i
    while (j > 0 && scratch[j - 1]! < value) {
      scratch[j] = scratch[j - 1]!
      j--
    }
    scratch[j] = value
  }
  return scratch[majority(count) - 1]!
}

/**
 * The highest value (log index, heartbeat round) that a quorum has reached; `valueOf` is 0 for who said nothing.
 * A configuration without voters has reached nothing.
 */
export function quorumValue(configuration: Configuration, valueOf: (id: NodeId) => number): number {
  if (configuration.voters.length === 0) return 0
  const incoming = majorityValue(configuration.voters, valueOf)
  if (configuration.votersOutgoing.length === 0) return incoming
  return Math.min(incoming, majorityValue(configuration.votersOutgoing, valueOf))
}

function majorityVote(voters: readonly NodeId[], votes: ReadonlyMap<NodeId, boolean>): VoteResult {
  if (voters.length === 0) return 'won'
  let granted = 0
  let missing = 0
  for (let i = 0; i < voters.length; i++) {
    const vote = votes.get(voters[i]!)
    if (vote === undefined) missing++
    else if (vote) granted++
  }
  const needed = majority(voters.length)
  if (granted >= needed) return 'won'
  return granted + missing >= needed ? 'pending' : 'lost'
}

/** Votes of nodes that are no voters do not count. A configuration without voters elects nobody. */
export function voteResult(configuration: Configuration, votes: ReadonlyMap<NodeId, boolean>): VoteResult {
  if (configuration.voters.length === 0) return 'lost'
  const incoming = majorityVote(configuration.voters, votes)
  const outgoing = majorityVote(configuration.votersOutgoing, votes)
  if (incoming === 'lost' || outgoing === 'lost') return 'lost'
  return incoming === 'won' && outgoing === 'won' ? 'won' : 'pending'
}
