/**
 * Who should vote, as the leader sees it: 1, 3 or 5 voters where enough machines are up (thesis §4, and the practice
 * of keeping the number odd). Pure: what is seen goes in, the voters that should be come out.
 *
 * Invariant: never proposes a set of voters without a majority that answers now, nor acts while a majority of the
 * present voters is silent; never takes the vote from the leader; never goes below three voters because machines are
 * away.
 */
import { majority } from '../raft/quorum'
import type { NodeId } from '../raft/types'

export interface AutopilotLimits {
  readonly votersMax: number
  /** A learner votes after it has been there and caught up for so long. */
  readonly stableMs: number
  /** A voter that stays away for so long is replaced. */
  readonly voterAbsentMs: number
  /** A member not heard from for so long is not there. */
  readonly silentMs: number
  /** Suffrage that people chose is left alone for so long. */
  readonly manualMs: number
  readonly intervalMs: number
}

export const AUTOPILOT_LIMITS: AutopilotLimits = {
  votersMax: 5,
  stableMs: 3000,
  voterAbsentMs: 10 * 60_000,
  silentMs: 1500,
  manualMs: 10 * 60_000,
  intervalMs: 500
}

/** One member as the leader sees it, the leader included. */
export interface MemberView {
  readonly id: NodeId
  readonly voter: boolean
  readonly alive: boolean
  readonly caughtUp: boolean
  readonly matchIndex: number
  /** How long `alive && caughtUp` has held without a break; 0 while it does not. */
  readonly stableMs: number
  /** How long it has been away; 0 while it is there. */
  readonly absentMs: number
  /** People chose its suffrage a short while ago. */
  readonly manual: boolean
}

export interface ClusterView {
  readonly leader: NodeId
  readonly members: readonly MemberView[]
  /** How long the number of voters has been even, or beyond the most; 0 while it is neither. */
  readonly unfitMs: number
}

export interface Plan {
  readonly voters: readonly NodeId[]
  readonly why: 'grow' | 'replace' | 'shrink' | 'odd' | 'most'
}

/** What to change now, or null. */
export function planVoters(view: ClusterView, limits: AutopilotLimits): Plan | null {
  const voters = view.members.filter(({ voter }) => voter)
  if (!hasMajority(voters)) return null
  const candidates = view.members
    .filter((member) => !member.voter && !member.manual && member.stableMs >= limits.stableMs)
    .sort((a, b) => b.matchIndex - a.matchIndex || byId(a, b))
  const absent = voters.filter((member) => member.absentMs >= limits.voterAbsentMs && !member.manual)
  const plan =
    replace(voters, candidates, absent) ??
    grow(voters, candidates, limits) ??
    shrink(view, voters, absent, limits) ??
    limit(view, voters, limits) ??
    makeOdd(view, voters, limits)
  return plan !== null && hasMajority(view.members.filter(({ id }) => plan.voters.includes(id))) ? plan : null
}

/** A voter that stays away gives its place to a learner that is there. */
function replace(
  voters: readonly MemberView[],
  candidates: readonly MemberView[],
  absent: readonly MemberView[]
): Plan | null {
  const gone = absent[0]
  const successor = candidates[0]
  if (gone === undefined || successor === undefined) return null
  return { voters: ids([...voters.filter((voter) => voter !== gone), successor]), why: 'replace' }
}

/** To the next odd number, at once: 1 to 3 is one change, with no time spent at 2. */
function grow(voters: readonly MemberView[], candidates: readonly MemberView[], limits: AutopilotLimits): Plan | null {
  const reach = Math.min(limits.votersMax, voters.length + candidates.length)
  const target = reach % 2 === 1 ? reach : reach - 1
  if (target <= voters.length) return null
  return { voters: ids([...voters, ...candidates.slice(0, target - voters.length)]), why: 'grow' }
}

/** Five voters, and only three or four machines left, none to replace who is away: three are safer. */
function shrink(
  view: ClusterView,
  voters: readonly MemberView[],
  absent: readonly MemberView[],
  limits: AutopilotLimits
): Plan | null {
  if (voters.length <= 3 || absent.length === 0) return null
  // One that still catches up will take the place, if it does so in a reasonable time.
  if (isComing(view) && absent.every(({ absentMs }) => absentMs < 2 * limits.voterAbsentMs)) return null
  const present = voters.filter((voter) => voter.absentMs === 0)
  if (present.length < 3) return null
  return { voters: ids(preferred(view, present).slice(0, 3)), why: 'shrink' }
}

/** People may have let more vote than the most: each of them has to be asked for every majority. */
function limit(view: ClusterView, voters: readonly MemberView[], limits: AutopilotLimits): Plan | null {
  if (voters.length <= limits.votersMax || mustWait(view, voters, limits)) return null
  return { voters: ids(preferred(view, voters).slice(0, limits.votersMax)), why: 'most' }
}

const mustWait = (view: ClusterView, voters: readonly MemberView[], limits: AutopilotLimits): boolean =>
  view.unfitMs < limits.stableMs || voters.some(({ manual }) => manual)

/** An even number of voters survives no more failures than the odd one below it, and needs more of them to agree. */
function makeOdd(view: ClusterView, voters: readonly MemberView[], limits: AutopilotLimits): Plan | null {
  if (voters.length % 2 === 1 || mustWait(view, voters, limits)) return null
  // One that is on its way to vote makes the number odd soon, in the better direction.
  if (isComing(view) && voters.length < limits.votersMax && view.unfitMs < limits.voterAbsentMs) return null
  return { voters: ids(preferred(view, voters).slice(0, voters.length - 1)), why: 'odd' }
}

const isComing = (view: ClusterView): boolean =>
  view.members.some((member) => !member.voter && member.alive && !member.manual)

/** The leader, then those who are there, then those who are caught up. */
const preferred = (view: ClusterView, members: readonly MemberView[]): MemberView[] =>
  members.toSorted(
    (a, b) =>
      Number(b.id === view.leader) - Number(a.id === view.leader) ||
      Number(b.alive) - Number(a.alive) ||
      Number(b.caughtUp) - Number(a.caughtUp) ||
      byId(a, b)
  )

const byId = (a: MemberView, b: MemberView): number => (a.id < b.id ? -1 : 1)
const ids = (members: readonly MemberView[]): NodeId[] => members.map(({ id }) => id).sort()
const hasMajority = (voters: readonly MemberView[]): boolean =>
  voters.filter(({ alive }) => alive).length >= majority(voters.length)
