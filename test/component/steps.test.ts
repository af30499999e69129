import { afterEach, describe, expect, it, vi } from 'vitest'
import { JOB_STATUSES, NEXT_STATUSES, type JobStatus } from '@contract/print-jobs'
import PrinterGrid from '@/features/overview/PrinterGrid.vue'
import BoardColumn from '@/features/jobs/BoardColumn.vue'
import JobBoard from '@/features/jobs/JobBoard.vue'
import StepButtons from '@/features/jobs/StepButtons.vue'
import { isLegal, obstacleTo } from '@/features/jobs/steps'
import { useJobs } from '@/stores/jobs'
import { usePrinters } from '@/stores/printers'
import { mounted, preparePage } from './support/mounted'
import { job, printer } from './support/records'

afterEach(() => {
  document.body.replaceChildren()
  vi.unstubAllGlobals()
})

describe('a job may be moved', () => {
  const pairs = JOB_STATUSES.flatMap((from) => JOB_STATUSES.map((to) => [from, to] as const))
  it.each(pairs)('from %s to %s exactly when the contract says so', (from, to) => {
    expect(isLegal(from, to)).toBe(NEXT_STATUSES[from].includes(to))
  })

  it('to Running only while its printer runs nothing else', () => {
    expect(obstacleTo(job('a'), 'Running', { id: 'b' })).toBe('printerBusy')
    expect(obstacleTo(job('a'), 'Running', { id: 'a' })).toBeNull()
    expect(obstacleTo(job('a'), 'Running', undefined)).toBeNull()
    expect(obstacleTo(job('a'), 'Cancelled', { id: 'b' })).toBeNull()
  })
})

const state = (of: (status: JobStatus) => Iterable<unknown>) => ({
  column: (status: JobStatus) => {
    const list = [...of(status)]
    return { total: list.length, jobs: list }
  }
})

function board(running: boolean) {
  const page = preparePage()
  const jobs = useJobs()
  const all = [job('waits'), ...(running ? [job('runs', 'Running')] : []), job('done', 'Done')]
  jobs.records.apply(all.map((record, index) => ({ id: record.id, record, index })))
  const wrapper = mounted(JobBoard, { state: state(jobs.ofStatus) }, page)
  const columns = wrapper.findAllComponents(BoardColumn)
  const column = (status: JobStatus) => columns.find((one) => one.props('status') === status)
  return { wrapper, jobs, column }
}
const card = (wrapper: ReturnType<typeof board>['wrapper'], file: string) =>
  wrapper.findAll('article').find((one) => one.text().includes(file))

describe('the board', () => {
  it('takes a dragged job in the legal columns only', async () => {
    const { wrapper, column } = board(false)
    await card(wrapper, 'waits')?.trigger('dragstart')
    expect(JOB_STATUSES.map((status) => column(status)?.props('drop'))).toEqual(['home', 'legal', 'illegal', 'legal'])
  })

  it('refuses Running while the printer is busy', async () => {
    const { wrapper, column } = board(true)
    await card(wrapper, 'waits')?.trigger('dragstart')
    expect(column('Running')?.props('drop')).toBe('blocked')
  })

  it('does not let a finished job be dragged', () => {
    const { wrapper } = board(false)
    expect(card(wrapper, 'done')?.attributes('draggable')).toBe('false')
    expect(card(wrapper, 'waits')?.attributes('draggable')).toBe('true')
  })

  it('sends a legal drop to the node, and no other', async () => {
    const sent = vi.fn(async () => new Response(JSON.stringify(job('waits', 'Running'))))
    vi.stubGlobal('fetch', sent)
    const { wrapper, column } = board(false)
    await card(wrapper, 'waits')?.trigger('dragstart')
    await column('Done')?.trigger('drop')
    expect(sent).not.toHaveBeenCalled()
    await card(wrapper, 'waits')?.trigger('dragstart')
    await column('Running')?.trigger('drop')
    await vi.waitFor(() => expect(sent).toHaveBeenCalledOnce())
    expect(sent.mock.calls[0]).toMatchObject(['/api/v1/print_jobs/waits/status', { method: 'POST' }])
  })
})

describe('a step taken with one click', () => {
  it('is not followed by the next one when the click was a double one', async () => {
    const sent = vi.fn(async () => new Response(JSON.stringify(job('a', 'Running'))))
    vi.stubGlobal('fetch', sent)
    const wrapper = mounted(StepButtons, { job: job('a') })
    const start = wrapper.find('button')
    await start.trigger('click', { detail: 2 })
    expect(sent).not.toHaveBeenCalled()
    await start.trigger('click', { detail: 1 })
    expect(sent).toHaveBeenCalledOnce()
  })

  it('leaves the printers of the overview where they are until the pointer has left them', async () => {
    const page = preparePage()
    const names = ['Ada', 'Bay']
    usePrinters().records.apply(names.map((name, index) => ({ id: name, record: printer(name, { name }), index })))
    const wrapper = mounted(PrinterGrid, {}, page)
    const shown = () => wrapper.findAll('h3').map((one) => one.text())
    const grid = wrapper.find('ul')
    await grid.trigger('pointerenter')
    useJobs().records.apply([{ id: 'a', record: job('a', 'Queued', { printer_id: 'Bay' }), index: 9 }])
    await wrapper.vm.$nextTick()
    expect(shown()).toEqual(['Ada', 'Bay'])
    await grid.trigger('pointerleave')
    expect(shown()).toEqual(['Bay', 'Ada'])
  })
})
