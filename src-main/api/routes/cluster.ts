import {
  ClusterMetricsSchema,
  ClusterSchema,
  DiscoveredSchema,
  InviteCreatedSchema,
  InviteCreateSchema,
  InviteSchema,
  JoinSchema,
  MemberChangeSchema,
  MemberRemoveQuerySchema,
  MemberSchema,
  SnapshotTakenSchema,
  TransferredSchema,
  TransferSchema
} from '../../contract/schemas/cluster'
import { INVITE_TTL_SECONDS_DEFAULT, REQUEST_TIMEOUT_MS_MAX } from '../../contract/limits'
import { IdParamsSchema } from '../../contract/schemas/queries'
import { asNodeId } from '../../raft/types'
import { Failure, type MemberStatus } from '../../runtime/replica'
import { commit } from '../commit'
import type { ApiContext } from '../context'
import { sendJson } from '../read'
import { RecentMetrics } from '../recent-metrics'
import { timeoutMsOf } from '../request-options'
import type { Server } from '../server'
import { clusterView, inviteView } from '../views'
import { ADMIN, listOf, NoContentSchema, VIEWER } from './route-options'

const tags = ['Cluster']

export function clusterRoutes(app: Server, node: ApiContext): void {
  const recent = new RecentMetrics(node.clock)

  app.get(
    '/cluster',
    {
      ...VIEWER,
      schema: {
        tags,
        operationId: 'getCluster',
        summary: 'The cluster as this node sees it',
        response: { 200: ClusterSchema }
      }
    },
    (_request, reply) => sendJson(reply, clusterView(node.replica))
  )

  app.get(
    '/cluster/metrics',
    {
      ...VIEWER,
      schema: {
        tags,
        operationId: 'getClusterMetrics',
        summary: 'Figures of the recent past',
        response: { 200: ClusterMetricsSchema }
      }
    },
    (_request, reply) => sendJson(reply, recent.look(node.replica))
  )

  app.get(
    '/cluster/discovered',
    {
      ...VIEWER,
      schema: {
        tags,
        operationId: 'listDiscovered',
        summary: 'Peers seen on the LAN',
        response: { 200: listOf(DiscoveredSchema) }
      }
    },
    (_request, reply) => sendJson(reply, node.admin.discovered())
  )

  app.get(
    '/cluster/invites',
    {
      ...ADMIN,
      schema: {
        tags,
        operationId: 'listInvites',
        summary: 'Invites that wait to be used',
        response: { 200: listOf(InviteSchema) }
      }
    },
    (_request, reply) => sendJson(reply, node.replica.farm.invites().map(inviteView))
  )

  app.post(
    '/cluster/invites',
    {
      ...ADMIN,
      schema: {
        tags,
        operationId: 'createInvite',
        summary: 'Invite a machine',
        description: 'One string to paste on the machine that joins. It authenticates both sides and works once.',
        body: InviteCreateSchema,
        response: { 201: InviteCreatedSchema }
      }
    },
    (request, reply) => {
      const { ttl_seconds } = request.body
      node.repeats.answer(request, reply, { ttl_seconds }, async () => {
        const ttlSeconds = ttl_seconds ?? INVITE_TTL_SECONDS_DEFAULT
        const timeoutMs = timeoutMsOf(request)
        const body = await node.admin.createInvite({ ttlSeconds, by: request.caller.name, timeoutMs })
        return { status: 201, body }
      })
    }
  )

  app.delete(
    '/cluster/invites/:id',
    {
      ...ADMIN,
      schema: {
        tags,
        operationId: 'deleteInvite',
        summary: 'Withdraw an invite',
        params: IdParamsSchema,
        response: { 204: NoContentSchema }
      }
    },
    (request, reply) => {
      const command = { type: 'invite.delete', id: request.params.id } as const
      commit(node, request, reply, command, { collection: 'cluster/invites', asked: null })
    }
  )

  app.post(
    '/cluster/join',
    {
      ...ADMIN,
      schema: {
        tags,
        operationId: 'joinCluster',
        summary: 'Join the cluster that made the invite',
        body: JoinSchema,
        response: { 200: ClusterSchema }
      }
    },
    (request, reply) => {
      const { invite, discard_local_data: discardLocalData = false } = request.body
      node.repeats.answer(request, reply, { invite, discardLocalData }, async () => {
        const timeoutMs = timeoutMsOf(request, REQUEST_TIMEOUT_MS_MAX)
        await node.admin.join(invite.trim(), { discardLocalData, by: request.caller.name, timeoutMs })
        return { status: 200, body: clusterView(node.replica) }
      })
    }
  )

  app.delete(
    '/cluster/members/:id',
    {
      ...ADMIN,
      schema: {
        tags,
        operationId: 'removeMember',
        summary: 'Remove a machine',
        params: IdParamsSchema,
        querystring: MemberRemoveQuerySchema,
        response: { 204: NoContentSchema }
      }
    },
    (request, reply) => {
      const force = request.query.force === 'true'
      node.repeats.answer(request, reply, { force }, async () => {
        const { id } = member(node, request.params.id)
        await node.replica.removeMember(id, timeoutMsOf(request), { force })
        return { status: 204, body: null }
      })
    }
  )

  app.patch(
    '/cluster/members/:id',
    {
      ...ADMIN,
      schema: {
        tags,
        operationId: 'updateMember',
        summary: 'Promote or demote a machine',
        params: IdParamsSchema,
        body: MemberChangeSchema,
        response: { 200: MemberSchema }
      }
    },
    (request, reply) => {
      const { suffrage, force = false } = request.body
      node.repeats.answer(request, reply, { suffrage, force }, async () => {
        const { id } = member(node, request.params.id)
        await node.replica.setSuffrage(id, suffrage, timeoutMsOf(request), { force })
        return { status: 200, body: member(node, id) }
      })
    }
  )

  app.post(
    '/cluster/transfer_leadership',
    {
      ...ADMIN,
      schema: {
        tags,
        operationId: 'transferLeadership',
        summary: 'Hand over leadership',
        body: TransferSchema,
        response: { 200: TransferredSchema }
      }
    },
    (request, reply) => {
      const { member_id = null } = request.body
      node.repeats.answer(request, reply, { member_id }, async () => {
        const to = member_id === null ? null : votingMember(node, member_id).id
        const leader_id = await node.replica.transferLeadership(to, timeoutMsOf(request))
        return { status: 200, body: { leader_id } }
      })
    }
  )

  app.post(
    '/cluster/snapshot',
    {
      ...ADMIN,
      schema: {
        tags,
        operationId: 'takeSnapshot',
        summary: 'Take a snapshot now',
        response: { 200: SnapshotTakenSchema }
      }
    },
    (request, reply) =>
      node.repeats.answer(request, reply, null, async () => {
        const { index, bytes } = await node.replica.takeSnapshot()
        return { status: 200, body: { index, bytes } }
      })
  )
}

function member(node: ApiContext, id: string): MemberStatus {
  const found = node.replica.status().members.find((candidate) => candidate.id === asNodeId(id))
  if (found === undefined) throw new Failure('not_found', `There is no member ${id}.`)
  return found
}

function votingMember(node: ApiContext, id: string): MemberStatus {
  const errors = [{ path: '/member_id', message: 'must name a voter' }]
  const found = node.replica.status().members.find((candidate) => candidate.id === asNodeId(id))
  if (found?.suffrage !== 'voter') throw new Failure('invalid_request', `${id} is not a voter.`, { errors })
  return found
}
