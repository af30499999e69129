import { describe, expect, test } from 'vitest'
import type { Command, Outcome } from '../../src-main/farm/types'
import { Admission, type Admitting } from '../../src-main/membership/admission'
import { asNodeId, type MemberInfo, type NodeId } from '../../src-main/raft/types'
import { silent } from '../../src-main/runtime/log'
import { Failure } from '../../src-main/runtime/replica'
import { hashSecret, newInviteSecret } from '../../src-main/security/secrets'
import { Log, START } from '../farm/entries'

const NEWCOMER = asNodeId('n-new')
const SECRET = newInviteSecret()
const info = (fingerprint: string): MemberInfo => ({
  name: 'newcomer',
  rpcAddress: '10.0.0.9:7080',
  apiAddress: '10.0.0.9:8080',
  fingerprint
})
const request = (change: { secret?: string; fingerprint?: string; nodeId?: NodeId } = {}) => ({
  inviteId: 'i-1',
  secret: change.secret ?? SECRET,
  nodeId: change.nodeId ?? NEWCOMER,
  info: info(change.fingerprint ?? 'AA')
})

/** A member on a farm of its own, with one invite; what it commits is in `log`. */
class OneMember implements Admitting {
  readonly clusterId = 'c-1'
  readonly log: Command[] = []
  readonly known: Record<string, MemberInfo> = { 'n-1': info('11') }
  readonly #entries = new Log()
  addLearner = (id: NodeId, added: MemberInfo): Promise<void> => {
    this.known[id] = added
    return Promise.resolve()
  }

  constructor() {
    this.#apply({ type: 'invite.create', id: 'i-1', hash: hashSecret(SECRET), expires_at: START + 60_000 })
    this.log.length = 0
  }

  get replica(): Admitting['replica'] {
    return {
      farm: this.#entries.farm,
      linearize: () => Promise.resolve(),
      propose: (command) => Promise.resolve(this.#apply(command)),
      addLearner: (id, added) => this.addLearner(id, added)
    }
  }

  members() {
    return { ...this.known }
  }

  #apply(command: Command): Outcome {
    this.log.push(command)
    return this.#entries.outcome(command)
  }
}

describe('admission', () => {
  test('an invite admits one newcomer, once', async () => {
    const member = new OneMember()
    const admission = new Admission(silent)
    expect(await admission.admit(request(), member)).toMatchObject({ granted: true, clusterId: 'c-1' })
    const other = request({ nodeId: asNodeId('n-other'), fingerprint: 'BB' })
    expect(await admission.admit(other, member)).toMatchObject({ granted: false })
    expect(Object.keys(member.known)).toEqual(['n-1', 'n-new'])
  })

  test('a repetition after a lost answer is granted by the certificate', async () => {
    const member = new OneMember()
    const admission = new Admission(silent)
    await admission.admit(request(), member)
    expect(await admission.admit(request(), member)).toMatchObject({ granted: true })
  })

  test('a failure after redeeming does not burn the invite for the same newcomer', async () => {
    const member = new OneMember()
    const admission = new Admission(silent)
    const { addLearner } = member
    member.addLearner = () => Promise.reject(new Failure('no_quorum', 'No leader could be reached in time.'))
    expect(await admission.admit(request(), member)).toMatchObject({
      granted: false,
      reason: expect.stringMatching(/No leader/) as string
    })
    member.addLearner = addLearner
    const thief = request({ nodeId: asNodeId('n-other'), fingerprint: 'BB' })
    expect(await admission.admit(thief, member)).toMatchObject({ granted: false })
    expect(await admission.admit(request({ fingerprint: 'BB' }), member)).toMatchObject({ granted: false })
    expect(await admission.admit(request(), member)).toMatchObject({ granted: true })
  })

  test('a newcomer that was removed needs another invite', async () => {
    const member = new OneMember()
    const admission = new Admission(silent)
    await admission.admit(request(), member)
    delete member.known[NEWCOMER]
    expect(await admission.admit(request(), member)).toMatchObject({ granted: false })
  })

  test('whoever does not know the secret writes nothing into the log', async () => {
    const member = new OneMember()
    const answer = await new Admission(silent).admit(request({ secret: newInviteSecret() }), member)
    expect(answer).toMatchObject({ granted: false, reason: expect.stringMatching(/unknown here/) as string })
    expect(member.log).toEqual([])
  })

  test('the id of a member with another certificate is refused, and costs no invite', async () => {
    const member = new OneMember()
    const answer = await new Admission(silent).admit(request({ nodeId: asNodeId('n-1') }), member)
    expect(answer).toMatchObject({ granted: false })
    expect(member.log).toEqual([])
  })
})
