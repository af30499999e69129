import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Config } from '../../src-main/config'
import type { FromWorker } from '../../src-main/shell/messages'
import { NodeThread, RESTART_FIRST_MS, STOP_MS, SUSPEND_MS } from '../../src-main/shell/node-thread'

const folder = mkdtempSync(join(tmpdir(), 'raft3d-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A thread that says whether it replaces another, and does with each message as its text says. */
function script(onMessage: string): string {
  const path = join(folder, `${Math.random().toString(36).slice(2)}.mjs`)
  writeFileSync(
    path,
    `import { parentPort as port, workerData } from 'node:worker_threads'
     port.postMessage({ type: 'ready', apiUrl: String(workerData.replacesThread) })
     port.on('message', (message) => { ${onMessage} })`
  )
  return path
}

describe('the thread of the node', () => {
  const heard: FromWorker[] = []
  const crashes: { reason: string; retryMs: number; inARow: number }[] = []
  const thread = (onMessage: string): NodeThread =>
    new NodeThread(script(onMessage), {} as Config, () => 150, {
      onMessage: (message) => heard.push(message),
      onCrash: (crash) => crashes.push(crash)
    })
  const started = (times: number): Promise<void> => vi.waitFor(() => expect(heard).toHaveLength(times), 5_000)

  beforeEach(() => {
    heard.length = crashes.length = 0
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('is started again when it crashes, later each time, and knows that it replaces one', async () => {
    const node = thread("throw new Error('broken')")
    node.start()
    for (const times of [1, 2, 3]) {
      await started(times)
      node.post({ type: 'resume' })
      await vi.waitFor(() => expect(crashes).toHaveLength(times), 5_000)
      expect(node.post({ type: 'resume' })).toBe(false)
      expect(crashes.at(-1)).toMatchObject({ retryMs: RESTART_FIRST_MS * 2 ** (times - 1), inARow: times })
      expect(crashes.at(-1)!.reason).toContain('broken')
      vi.advanceTimersByTime(crashes.at(-1)!.retryMs)
    }
    await started(4)
    expect(heard.map((message) => (message as { apiUrl: string }).apiUrl)).toEqual(['false', 'true', 'true', 'true'])
    node.post({ type: 'resume' })
    await vi.waitFor(() => expect(crashes).toHaveLength(4), 5_000)
    await node.stop()
    vi.advanceTimersByTime(60_000)
    expect(heard).toHaveLength(4)
  })

  it('is not started again when it could not start', async () => {
    const node = thread("port.postMessage({ type: 'failed', exitCode: 3, message: 'in use' }); port.close()")
    node.start()
    await started(1)
    node.post({ type: 'resume' })
    await vi.waitFor(() => expect(node.post({ type: 'resume' })).toBe(false), 5_000)
    expect(crashes).toEqual([])
    expect(heard.at(-1)).toMatchObject({ type: 'failed', exitCode: 3 })
  })

  it('is asked to stop, and the end waits for its answer', async () => {
    const node = thread("if (message.type === 'stop') port.postMessage({ type: 'stopped' })")
    node.start()
    await started(1)
    await node.stop()
    expect(heard.at(-1)).toEqual({ type: 'stopped' })
    expect(crashes).toEqual([])
  })

  it.each(['while (true) {}', ''])('is ended after the deadline when it does not answer (%s)', async (onMessage) => {
    const node = thread(onMessage)
    node.start()
    await started(1)
    const stopped = node.stop()
    vi.advanceTimersByTime(STOP_MS)
    await stopped
    expect(node.post({ type: 'resume' })).toBe(false)
    expect(crashes).toEqual([])
  })

  it('that ends while it is asked keeps nobody waiting', async () => {
    const node = thread('process.exit(1)')
    node.start()
    await started(1)
    await node.stop()
    expect(node.post({ type: 'resume' })).toBe(false)
  })

  it('that does not hand over lets the machine sleep after the deadline', async () => {
    const node = thread('')
    node.start()
    await started(1)
    const suspended = node.suspend()
    vi.advanceTimersByTime(SUSPEND_MS)
    await suspended
    const stopped = node.stop()
    vi.advanceTimersByTime(STOP_MS)
    await stopped
  })
})
