import { afterEach, describe, expect, it } from 'vitest'
import type { Cluster } from '@contract/cluster'
import CounterRow from '@/features/overview/CounterRow.vue'
import { useAttention } from '@/stores/attention'
import { useCluster } from '@/stores/cluster'
import { useFilaments } from '@/stores/filaments'
import { useJobs } from '@/stores/jobs'
import { usePrinters } from '@/stores/printers'
import { mounted, preparePage } from './support/mounted'
import { filament, job, printer, put } from './support/records'

afterEach(() => document.body.replaceChildren())

/** A machine away, two free printers with work, a roll that runs low. */
function farm() {
  const page = preparePage()
  const member = { id: 'n2', name: 'lab-east', suffrage: 'voter', reachable: false }
  useCluster().show({ node_id: 'n1', leader_id: 'n1', members: [member] } as unknown as Cluster)
  usePrinters().records.apply(put([printer('p1'), printer('p2'), printer('p3')]))
  useFilaments().records.apply(put([filament('f1'), filament('low', { remaining_weight_in_grams: 20 })]))
  useJobs().records.apply(put([job('a'), job('b', 'Queued', { printer_id: 'p2' })]))
  return page
}

describe('what needs attention', () => {
  it('is listed with the machines first, and the printers that can start as one line', () => {
    farm()
    expect(useAttention().all.map(({ kind }) => kind)).toEqual(['machine', 'waiting', 'low'])
  })

  it('is counted as its note counts it', () => {
    const page = farm()
    const counter = mounted(CounterRow, {}, page)
      .findAll('li')
      .find((one) => one.text().startsWith('Attention'))
    expect(counter?.text().replaceAll('\u00a0', ' ')).toContain('1 machine away · 2 can start · 1 roll low')
    expect(counter?.find('.text-3xl').text()).toBe('4')
  })
})
