/**
 * The joining side: this node asks with an invite, and when it is admitted gives up the cluster it was, under a
 * new identity. Until it is admitted nothing has changed; from then on a crash is finished at the next start.
 */
import { Failure } from '../runtime/replica'
import type { Logger } from '../runtime/log'
import { adoptIdentity, type Identity } from '../security/identity'
import { InviteUnreadable, parseInvite, type InviteContent } from '../security/invite'
import type { Address } from '../transport/address'
import { JoinFailed } from '../transport/join'
import { requestJoin } from '../transport/join-client'
import { systemClock } from '../runtime/clock'
import type { Member } from './member'
import { forgetNewcomer, newcomerFor } from './newcomer'

export interface JoinOptions {
  readonly invite: string
  readonly discardLocalData: boolean
  readonly timeoutMs: number
  readonly dataDir: string
  readonly log: Logger
  readonly old: Member
  /** Makes this node reachable for peers. */
  readonly open: () => Promise<void>
  /** Starts the member that this node is from now on. */
  readonly start: (identity: Identity & { readonly clusterId: string }, listen: Address) => Promise<Member>
  /** The old member has ended and the new one could not be started. */
  readonly onStranded: (error: unknown) => void
}

/** Rejects with Failure invalid_invite, already_member, holds_local_data, no_quorum. */
export async function joinCluster(options: JoinOptions): Promise<void> {
  const { old } = options
  const deadline = Date.now() + options.timeoutMs
  const invite = readInvite(options.invite)
  const removed = wasRemoved(old)
  if (invite.clusterId === old.clusterId && !removed && !isCopy(old, invite))
    throw new Failure('already_member', 'This node is a member of that cluster already.')
  if (!removed && Object.keys(old.members()).length > 1 && !(isOrphaned(old) && options.discardLocalData))
    throw new Failure(
      'already_member',
      isOrphaned(old)
        ? 'This node belongs to a cluster of several that it cannot reach. If that is gone for good, confirm with discard_local_data.'
        : 'This node belongs to a cluster of several. Remove it there first, then join with a new invite.'
    )
  const letIn = await holdWrites(options)
  try {
    await admitted(options, invite, deadline)
  } finally {
    // For a cluster that was left nobody asks any more.
    letIn()
  }
}

/** What is confirmed from here on would be given up with the rest, so nothing is; what was, is looked at. */
async function holdWrites({ old, discardLocalData }: JoinOptions): Promise<() => void> {
  const { replica } = old
  const { drained, release } = replica.holdWrites(
    new Failure('no_quorum', 'This node is joining a cluster; nothing was done. Try again in a moment.', {
      retryAfterSeconds: 1
    })
  )
  try {
    if (discardLocalData) return release
    if (!(await drained))
      throw new Failure('no_quorum', 'Writes are still under way on this node; nothing was done. Try again.')
    if (!replica.farm.isEmpty())
      throw new Failure(
        'holds_local_data',
        'This node holds records of its own, which joining gives up. Confirm with discard_local_data, or back them up first.'
      )
    return release
  } catch (error) {
    release()
    throw error
  }
}

async function admitted(options: JoinOptions, invite: InviteContent, deadline: number): Promise<void> {
  const { old, log } = options
  log.info({ event: 'joining', cluster_id: invite.clusterId }, 'Asking to be let into a cluster.')
  await options.open()
  const identity = await newcomerFor(options.dataDir, invite)
  const grant = await requestJoin({
    invite,
    identity,
    info: { ...old.info(), fingerprint: identity.fingerprint },
    timeoutMs: options.timeoutMs,
    clock: systemClock
  }).catch((error: unknown) => {
    if (!(error instanceof JoinFailed)) throw error
    throw new Failure(
      error.code === 'refused' ? 'invalid_invite' : 'no_quorum',
      `${error.message}.`.replace(/\.\.$/, '.')
    )
  })
  const listen = old.transport.address()
  const joined = { ...identity, clusterId: grant.clusterId }
  adoptIdentity(options.dataDir, joined, { peers: grant.members, formed: false, removed: false })
  forgetNewcomer(options.dataDir)
  const member = await replace(options, joined, listen)
  log.info(
    { event: 'joined', cluster_id: grant.clusterId, node_id: identity.nodeId },
    'This node has joined a cluster.'
  )
  await caughtUp(member, deadline)
}

/** From here on there is no way back: where it fails, the next start goes on with the new identity. */
async function replace(
  { old, start, onStranded }: JoinOptions,
  joined: Identity & { readonly clusterId: string },
  listen: Address
): Promise<Member> {
  try {
    await old.stop()
    return await start(joined, listen)
  } catch (error) {
    onStranded(error)
    throw error
  }
}

function wasRemoved(old: Member): boolean {
  const { members } = old.replica.raftStatus().configuration
  return Object.keys(members).length > 0 && !(old.id in members)
}

/**
 * Made by another machine under the identity of this one: both were set up from one disk image. Joining gives this one
 * an identity of its own.
 */
const isCopy = (old: Member, invite: InviteContent): boolean =>
  Object.keys(old.members()).length === 1 && !old.replica.farm.invites().some(({ id }) => id === invite.id)

/** Nobody leads: its cluster may be gone for good, and then cannot remove it. */
const isOrphaned = (old: Member): boolean => old.replica.status().leader_id === null

function readInvite(text: string): InviteContent {
  try {
    return parseInvite(text)
  } catch (error) {
    if (error instanceof InviteUnreadable) throw new Failure('invalid_invite', `${error.message}.`)
    throw error
  }
}

/** Being a member is what counts; a large farm goes on arriving after the deadline. */
async function caughtUp(member: Member, deadline: number): Promise<void> {
  const leftMs = deadline - Date.now()
  if (member.replica.readiness().ready || leftMs <= 0) return
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, leftMs)
    const unsubscribe = member.replica.subscribe((event) => {
      if (event.type === 'readiness' && event.readiness.ready) done()
    })
    function done(): void {
      clearTimeout(timer)
      unsubscribe()
      resolve()
    }
  })
}
