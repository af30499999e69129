/** What has changed between two committed configurations, in sentences. Pure. */
import type { Configuration, NodeId } from '../raft/types'

/** @param before null: nothing was known */
export function membershipChanges(before: Configuration | null, after: Configuration): string {
  if (after.votersOutgoing.length > 0) return 'The machines are changing over to another set of voters.'
  const changes = before === null ? [] : changesOf(before, after)
  return changes.length > 0 ? changes.join(' ') : summaryOf(after)
}

function changesOf(before: Configuration, after: Configuration): string[] {
  const ids = Object.keys({ ...before.members, ...after.members }) as NodeId[]
  return ids.flatMap((id) => changeOf(id, before, after) ?? [])
}

function changeOf(id: NodeId, before: Configuration, after: Configuration): string | null {
  const was = before.members[id]
  const is = after.members[id]
  if (is === undefined) return `${was!.name} was removed.`
  const votes = after.voters.includes(id)
  if (was === undefined)
    return votes ? `${is.name} has joined and votes.` : `${is.name} has joined as a learner: it copies the farm.`
  if (votes !== before.voters.includes(id))
    return votes ? `${is.name} votes from now on.` : `${is.name} is a learner now.`
  if (was.name !== is.name) return `${was.name} is called ${is.name} from now on.`
  if (was.rpcAddress !== is.rpcAddress) return `${is.name} is at ${is.rpcAddress} now.`
  return null
}

function summaryOf({ members, voters }: Configuration): string {
  const all = Object.keys(members).length
  if (all === 1) return 'The cluster is one machine.'
  return `The cluster has ${all} machines; ${voters.length === all ? 'all' : voters.length} of them vote.`
}
