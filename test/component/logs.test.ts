import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { LogLine } from '@contract/this-node'
import LogsSection from '@/features/settings/LogsSection.vue'
import { mounted } from './support/mounted'

const POLL_MS = 3_000
let lines: LogLine[] = []
const line = (time: number, level: LogLine['level'], message: string): LogLine => ({
  time,
  level,
  event: null,
  message
})

beforeEach(() => {
  vi.useFakeTimers()
  lines = [line(1, 'info', 'lab leads'), line(2, 'warn', 'Lost office')]
  vi.stubGlobal(
    'fetch',
    vi.fn(async () => new Response(JSON.stringify(lines)))
  )
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('the log of this machine', () => {
  it('is shown newest first, follows by itself, stands still while paused, and catches up', async () => {
    const wrapper = mounted(LogsSection, {})
    await flushPromises()
    const shown = () =>
      wrapper.findAll('ol li').map((item) => /lab leads|Lost office|office is back/.exec(item.text())?.[0])
    expect(shown()).toEqual(['Lost office', 'lab leads'])
    const [pause] = wrapper.findAll('button').filter((button) => button.text() === 'Pause')
    await pause!.trigger('click')
    lines = [...lines, line(3, 'info', 'office is back')]
    await vi.advanceTimersByTimeAsync(2 * POLL_MS)
    expect(shown()).toHaveLength(2)
    await pause!.trigger('click')
    await flushPromises()
    expect(shown()).toEqual(['office is back', 'Lost office', 'lab leads'])
    lines = lines.slice(0, 2)
    await vi.advanceTimersByTimeAsync(POLL_MS)
    expect(shown()).toHaveLength(2)
  })

  it('is filtered by level and by words', async () => {
    const wrapper = mounted(LogsSection, {})
    await flushPromises()
    await wrapper.find('select').setValue('warn')
    expect(wrapper.findAll('ol li').map((item) => item.text().includes('Lost office'))).toEqual([true])
    await wrapper.find('select').setValue('info')
    await wrapper.find('input[type=search]').setValue('leads')
    expect(wrapper.findAll('ol li')).toHaveLength(1)
  })
})
