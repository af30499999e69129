import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import InvitesCard from '@/features/cluster/InvitesCard.vue'
import TokenDialog from '@/features/settings/TokenDialog.vue'
import { SOON_MS, standingOf, ttlSecondsOf } from '@/features/settings/token-lifetime'
import { useDialogs } from '@/stores/dialogs'
import { useInvites } from '@/stores/invites'
import { useTokens } from '@/stores/tokens'
import { mounted, preparePage } from './support/mounted'

const DAY_MS = 86_400_000
const answers: Record<string, unknown> = {}
const answered: typeof fetch = async (input, init) => {
  const key = `${init?.method} ${new URL(String(input), 'http://node').pathname.replace('/api/v1', '')}`
  const status = init?.method === 'DELETE' ? 204 : 200
  return new Response(status === 204 ? null : JSON.stringify(answers[key] ?? []), {
    status,
    headers: { 'x-raft3d-applied-index': '7' }
  })
}
const sent = vi.fn<typeof fetch>(answered)

beforeEach(() => vi.stubGlobal('fetch', sent))
afterEach(() => {
  vi.unstubAllGlobals()
  sent.mockReset().mockImplementation(answered)
  document.body.innerHTML = ''
})

describe('open invites', () => {
  it('are listed while they work, and withdrawn after a question', async () => {
    const now = Date.now()
    answers['GET /cluster/invites'] = [
      { id: 'late', created_at: now, expires_at: now + DAY_MS },
      { id: 'early', created_at: now, expires_at: now + 60_000 },
      { id: 'expired', created_at: now - DAY_MS, expires_at: now - 1 }
    ]
    const page = preparePage()
    const wrapper = mounted(InvitesCard, {}, page)
    await flushPromises()
    expect(wrapper.findAll('li')).toHaveLength(2)
    await wrapper.findAll('button')[0]!.trigger('click')
    expect(sent.mock.calls.filter(([, init]) => init?.method === 'DELETE')).toEqual([])
    useDialogs().reply(true)
    await flushPromises()
    expect(sent.mock.calls.map(([path, init]) => `${init?.method} ${String(path)}`)).toContain(
      'DELETE /api/v1/cluster/invites/early'
    )
    expect(useInvites().records.peek('early')).toBeUndefined()
    expect(wrapper.findAll('li')).toHaveLength(1)
  })
})

describe('a new token', () => {
  it('whose secret got lost on the way is replaced by another', async () => {
    const token = { id: 't', name: 'Wall', role: 'viewer', created_at: 0, expires_at: null }
    const secrets = [null, 'r3d_second']
    sent.mockImplementation(async (_input, init) => {
      if (init?.method === 'DELETE') return new Response(null, { status: 204 })
      return new Response(JSON.stringify(init?.method === 'POST' ? { ...token, token: secrets.shift() } : []))
    })
    preparePage()
    expect(await useTokens().create({ name: 'Wall', role: 'viewer' })).toMatchObject({ token: 'r3d_second' })
    expect(sent.mock.calls.map(([, init]) => init?.method)).toEqual(['POST', 'DELETE', 'POST', 'GET'])
    const keys = sent.mock.calls.map(([, init]) => new Headers(init?.headers).get('idempotency-key'))
    expect(keys[2]).not.toBe(keys[0])
  })
})

describe('a token’s time', () => {
  it('is chosen when it is made, and left out for one that never expires', () => {
    expect(ttlSecondsOf('day')).toBe(86_400)
    expect(ttlSecondsOf('forever')).toBeUndefined()
  })

  it.each([
    ['never', null, 'good'],
    ['far away', SOON_MS + 1, 'good'],
    ['within a week', SOON_MS, 'soon'],
    ['now', 0, 'expired'],
    ['long past', -DAY_MS, 'expired']
  ])('is marked when its end is %s', (_when, expires_at, standing) => {
    expect(standingOf({ expires_at }, 0)).toBe(standing)
  })

  it('is sent with the form and told with the secret', async () => {
    const expires_at = Date.UTC(2031, 4, 6, 12)
    answers['POST /tokens'] = { id: 't', name: 'Wall', role: 'viewer', created_at: 0, expires_at, token: 'r3d_x' }
    mounted(TokenDialog, {}, preparePage())
    await flushPromises()
    const name = document.querySelector<HTMLInputElement>('#token-form input:not([type=radio])')!
    name.value = 'Wall'
    name.dispatchEvent(new Event('input'))
    const lifetime = document.querySelector<HTMLSelectElement>('#token-form select')!
    lifetime.value = 'month'
    lifetime.dispatchEvent(new Event('change'))
    document.querySelector('form')!.dispatchEvent(new Event('submit', { cancelable: true }))
    await flushPromises()
    const post = sent.mock.calls.find(([, init]) => init?.method === 'POST')!
    expect(JSON.parse(String(post[1]?.body))).toEqual({ name: 'Wall', role: 'operator', ttl_seconds: 30 * 86_400 })
    expect(document.body.textContent).toContain('r3d_x')
    expect(document.body.textContent).toMatch(/It works until .*2031/)
  })
})
