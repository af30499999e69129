import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Cluster, Member } from '@contract/cluster'
import { useMachineActions } from '@/features/cluster/machine-actions'
import StepButtons from '@/features/jobs/StepButtons.vue'
import ClusterPill from '@/features/shell/ClusterPill.vue'
import { useCluster } from '@/stores/cluster'
import { useDialogs } from '@/stores/dialogs'
import { GRACE_MS, useHealth } from '@/stores/health'
import { useToasts } from '@/stores/toasts'
import { mounted, preparePage } from './support/mounted'
import { job } from './support/records'

const voter = (id: string, reachable = true): Member => ({
  id,
  name: id,
  rpc_address: '',
  api_address: '',
  suffrage: 'voter',
  reachable,
  match_index: 1,
  last_contact_ms: 1
})
const cluster = (members: readonly Member[], leader: string | null = 'n1') =>
  ({ node_id: 'n1', name: 'n1', leader_id: leader, ready: true, members }) as unknown as Cluster

beforeEach(() => vi.useFakeTimers())
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
  document.body.replaceChildren()
})

describe('the light of the cluster', () => {
  it.each([
    [1, 1, 'good'],
    [2, 2, 'care'],
    [3, 3, 'good'],
    [3, 2, 'care'],
    [4, 4, 'good']
  ])('of %i voters with %i up is %s', (voters, up, tone) => {
    preparePage()
    useCluster().show(cluster(Array.from({ length: voters }, (_, i) => voter(`n${i + 1}`, i < up))))
    expect(useHealth().tone).toBe(tone)
  })

  it('of two voters says that no machine may fail', () => {
    const page = preparePage()
    useCluster().show(cluster([voter('n1'), voter('n2')]))
    const pill = mounted(ClusterPill, {}, page)
    expect(pill.text()).toContain('No machine may fail')
    expect(pill.find('.bg-warn-fill').exists()).toBe(true)
  })
})

describe('without a majority', () => {
  it('no step can be taken, and its button says why', async () => {
    const page = preparePage()
    const sent = vi.fn()
    vi.stubGlobal('fetch', sent)
    useCluster().show(cluster([voter('n1'), voter('n2', false), voter('n3', false)], null))
    useHealth()
    const wrapper = mounted(StepButtons, { job: job('a', 'Running') }, page)
    const done = () => wrapper.findAll('button').find((one) => one.text() === 'Mark done')!
    expect(done().attributes('aria-disabled')).toBeUndefined()
    await vi.advanceTimersByTimeAsync(GRACE_MS + 1_000)
    expect(done().attributes()).toMatchObject({
      'aria-disabled': 'true',
      'aria-description': 'Not now: too few machines answer'
    })
    await done().trigger('click')
    expect(sent).not.toHaveBeenCalled()
  })
})

describe('a machine that the rest cannot do without', () => {
  async function removal(insists: boolean) {
    const page = preparePage()
    const sent: string[] = []
    vi.stubGlobal('fetch', async (path: string, init: RequestInit) => {
      sent.push(`${init.method} ${path}`)
      if (path.includes('force')) return new Response(null, { status: 204 })
      if (init.method !== 'DELETE') return new Response(JSON.stringify(cluster([voter('n1')])))
      return new Response(JSON.stringify({ code: 'quorum_at_risk', status: 409 }), { status: 409 })
    })
    useCluster().show(cluster([voter('n1'), voter('n2'), voter('n3', false)]))
    let actions: ReturnType<typeof useMachineActions> | undefined
    mounted({ setup: () => ((actions = useMachineActions()), () => null) }, {}, page)
    const dialogs = useDialogs()
    actions!.itemsOf(voter('n2')).at(-1)!.run()
    dialogs.reply(true)
    await flushPromises()
    const { title, text } = dialogs.question!
    expect(title).toBe('This would stop all changes')
    expect(text).toMatch(/^Of the 2 machines that would then vote, only 1 answers now, and 2 must\./)
    dialogs.reply(insists)
    await flushPromises()
    return { sent: sent.filter((one) => one.startsWith('DELETE')), toast: useToasts().list.at(-1) }
  }

  it('is removed all the same by someone who insists', async () => {
    const { sent, toast } = await removal(true)
    expect(sent).toEqual(['DELETE /api/v1/cluster/members/n2', 'DELETE /api/v1/cluster/members/n2?force=true'])
    expect(toast).toMatchObject({ tone: 'good', title: 'n2 was removed' })
  })

  it('stays where nobody insists', async () => {
    const { sent, toast } = await removal(false)
    expect(sent).toEqual(['DELETE /api/v1/cluster/members/n2'])
    expect(toast).toMatchObject({ tone: 'bad' })
  })
})
