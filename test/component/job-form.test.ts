import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import JobDialog from '@/features/jobs/JobDialog.vue'
import { createJobDraft } from '@/features/jobs/job-draft'
import { checkRoll } from '@/features/jobs/roll-check'
import { useFilaments, type Stock } from '@/stores/filaments'
import { useJobs } from '@/stores/jobs'
import { usePrinters } from '@/stores/printers'
import { mounted, preparePage } from './support/mounted'
import { filament, job, printer } from './support/records'

const stock = (free: number): Stock => ({ total: 1000, remaining: free + 50, reserved: 50, free, low: free < 150 })

describe('the roll check', () => {
  it.each([
    ['open without a weight', null, { kind: 'open' }],
    ['fits', 100, { kind: 'fits', after: 200 }],
    ['warns when little is left', 200, { kind: 'tight', after: 100 }],
    ['fits to the last gram', 300, { kind: 'tight', after: 0 }],
    ['is short by what is missing', 310, { kind: 'short', missing: 10 }]
  ])('%s', (_rule, wanted, verdict) => {
    expect(checkRoll(stock(300), wanted, 150)).toEqual(verdict)
  })

  it('does not stumble over binary tenths', () => {
    expect(checkRoll(stock(0.1 + 0.2), 0.3, 0).kind).not.toBe('short')
    expect(checkRoll(stock(0.3), 0.1 + 0.2, 0).kind).not.toBe('short')
  })
})

describe('a job draft', () => {
  it('is ready only when everything is there and the roll has enough', () => {
    const { typed, problems, ready } = createJobDraft({ printerId: 'p1', filamentId: 'f1' }, () => stock(300))
    expect(problems.value).toEqual({ filepath: 'needed', weight: 'needed' })
    typed.filepath = ' a.gcode '
    typed.weight = '12,5'
    expect(ready.value).toEqual({
      printer_id: 'p1',
      filament_id: 'f1',
      filepath: 'a.gcode',
      print_weight_in_grams: 12.5
    })
    typed.weight = '301'
    expect(problems.value.weight).toBe('notEnough')
    typed.weight = '0'
    expect(problems.value.weight).toBe('notPositive')
    typed.weight = 'much'
    expect(problems.value.weight).toBe('notAWeight')
    expect(ready.value).toBeNull()
  })

  it('starts as a copy of another job', () => {
    const { typed } = createJobDraft({ copy: job('a') }, () => stock(300))
    expect(typed).toMatchObject({ filepath: 'parts/a.gcode', printerId: 'p1', filamentId: 'f1', weight: '10' })
  })
})

describe('the job form', () => {
  const sent = vi.fn<typeof fetch>()
  beforeEach(() => {
    sent.mockReset()
    vi.stubGlobal('fetch', sent)
  })
  afterEach(() => {
    document.body.replaceChildren()
    vi.unstubAllGlobals()
  })

  async function form() {
    const page = preparePage()
    usePrinters().records.apply([{ id: 'p1', record: printer('p1'), index: 1 }])
    useFilaments().records.apply([{ id: 'f1', record: filament('f1', { remaining_weight_in_grams: 200 }), index: 1 }])
    useJobs().records.apply([{ id: 'o', record: job('o', 'Queued', { print_weight_in_grams: 80 }), index: 1 }])
    useJobs().openLoaded = true
    mounted(JobDialog, { options: { kind: 'job' } }, page)
    await flushPromises()
    const input = (label: string) => {
      const found = [...document.querySelectorAll('label')].find((one) => one.textContent?.trim() === label)
      return document.getElementById(found?.htmlFor ?? '') as HTMLInputElement
    }
    const type = async (label: string, text: string) => {
      input(label).value = text
      input(label).dispatchEvent(new Event('input'))
      await flushPromises()
    }
    const save = async () => {
      document.querySelector('form')?.dispatchEvent(new Event('submit', { cancelable: true }))
      await flushPromises()
    }
    return { type, save, text: () => document.querySelector('[role=dialog]')?.textContent ?? '' }
  }

  it('says at once what stays free, and what is missing', async () => {
    const { type, text } = await form()
    expect(text()).toContain('120 g')
    await type('Weight', '100')
    expect(text()).toContain('only 20 g stay free')
    await type('Weight', '150')
    expect(text()).toContain('Not enough: 30 g are missing.')
  })

  it('is not sent while the roll is short', async () => {
    const { type, save } = await form()
    await type('File', 'a.gcode')
    await type('Weight', '150')
    await save()
    expect(sent).not.toHaveBeenCalled()
  })

  it('is sent once, and shows in plain words why the farm refused it', async () => {
    const body = { code: 'not_enough_filament', status: 409, title: '', detail: '' }
    sent.mockResolvedValue(new Response(JSON.stringify(body), { status: 409 }))
    const { type, save, text } = await form()
    await type('File', 'a.gcode')
    await type('Weight', '100')
    await save()
    expect(sent).toHaveBeenCalledOnce()
    expect(text()).toContain('Not enough filament')
    expect(text()).toContain('Choose another roll')
  })
})
