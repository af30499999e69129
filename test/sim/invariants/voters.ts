/**
 * What the autopilot promises of a cluster that is left in peace: an odd number of voters, three or five where so many
 * machines are there, and then all of them among those.
 */
import type { NodeId } from '../../../src-main/raft/types'
import { Violation } from './violation'

const VOTERS_MAX = 5

/** `present`: members that are up and caught up, voters or learners. */
export function checkVoters(voters: readonly NodeId[], present: readonly NodeId[]): void {
  const wanted = present.length >= VOTERS_MAX ? VOTERS_MAX : present.length >= 3 ? 3 : null
  const fits = wanted === null ? voters.length % 2 === 1 : voters.length === wanted
  const absent = wanted === null ? [] : voters.filter((id) => !present.includes(id))
  if (fits && absent.length === 0) return
  throw new Violation('voters settle', `[${voters}] vote, and [${present}] are there`)
}
