/** What the voters that can be reached mean: how many more may fail, or how many have to come back. */
import type { Member } from '@contract/cluster'

export interface Quorum {
  readonly voters: number
  readonly reachable: number
  /** Voters that must agree: more than half. */
  readonly needed: number
  /** How many more machines may fail before changes stop. */
  readonly survives: number
  /** How many must come back before changes work again; 0 when they work. */
  readonly missing: number
}

export function quorumOf(members: readonly Pick<Member, 'suffrage' | 'reachable'>[]): Quorum {
  const voting = members.filter(({ suffrage }) => suffrage === 'voter')
  const reachable = voting.filter((member) => member.reachable).length
  const needed = Math.floor(voting.length / 2) + 1
  return {
    voters: voting.length,
    reachable,
    needed,
    survives: Math.max(0, reachable - needed),
    missing: voting.length === 0 ? 0 : Math.max(0, needed - reachable)
  }
}
