import { afterEach, describe, expect, it } from 'vitest'
import { nextTick } from 'vue'
import CounterRow from '@/features/overview/CounterRow.vue'
import FirstSteps from '@/features/overview/FirstSteps.vue'
import OverviewView from '@/features/overview/OverviewView.vue'
import { useFilaments } from '@/stores/filaments'
import { useJobs } from '@/stores/jobs'
import { usePrinters } from '@/stores/printers'
import { useSync } from '@/stores/sync'
import { mounted, preparePage } from './support/mounted'
import { filament, job, printer, put } from './support/records'

afterEach(() => document.body.replaceChildren())

/** What is shown in place of the page: a placeholder, the first steps or the counters. */
function overview(stock: 'empty' | 'stocked') {
  const page = preparePage()
  if (stock === 'stocked') {
    usePrinters().records.apply(put([printer('p1')]))
    useFilaments().records.apply(put([filament('f1')]))
  }
  const wrapper = mounted(OverviewView, {}, page)
  const shown = async () => {
    await nextTick()
    if (wrapper.findComponent(CounterRow).exists()) return 'counters'
    return wrapper.findComponent(FirstSteps).exists() ? 'first steps' : 'placeholder'
  }
  return { sync: useSync(), shown }
}

describe('while the farm is loaded, the overview', () => {
  it('of a new farm goes to the first steps without counting nothing before', async () => {
    const { sync, shown } = overview('empty')
    expect(await shown()).toBe('placeholder')
    sync.loaded = true // printers, filaments and open jobs
    expect(await shown()).toBe('placeholder')
    sync.jobsLoaded = true
    expect(await shown()).toBe('first steps')
  })

  it('of a working farm counts as soon as it has its open jobs', async () => {
    const { sync, shown } = overview('stocked')
    useJobs().records.apply(put([job('a')]))
    sync.loaded = true
    expect(await shown()).toBe('counters')
  })

  it('of a farm whose jobs are all finished counts with the first page of them', async () => {
    const { sync, shown } = overview('stocked')
    sync.loaded = true
    expect(await shown()).toBe('placeholder')
    useJobs().records.apply(put([job('a', 'Done')]))
    expect(await shown()).toBe('counters')
  })
})
