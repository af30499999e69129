import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { bundle } from '../support/bundle.mjs'
import { MUTANTS } from './mutants/list'
import { Random } from './random'
import { canDrain, MS, Scheduler, type Owner } from './scheduler'
import { SEEDS, type Edit } from './seeds'

const execute = promisify(execFile)
const OUTPUT_BYTES_MAX = 512 * 1024 * 1024

let simulator = ''
beforeAll(async () => {
  simulator = await bundle({ entry: 'test/sim/main.ts', name: 'sim-tests' })
})

/** A process of its own: a run is synchronous from end to end. */
const simulate = async (...flags: string[]): Promise<{ readonly code: number; readonly output: string }> =>
  execute(process.execPath, [simulator, ...flags], { maxBuffer: OUTPUT_BYTES_MAX }).then(
    ({ stdout }) => ({ code: 0, output: stdout }),
    (error: { code: number; stdout: string }) => ({ code: error.code, output: error.stdout })
  )

describe('the scheduler', () => {
  const outside = <T>(run: () => T): Promise<T> => new Promise((resolve) => setImmediate(() => resolve(run())))

  it('runs events by time, then in the order in which they were scheduled', () =>
    outside(() => {
      const scheduler = new Scheduler()
      const seen: string[] = []
      scheduler.at(20, null, () => seen.push('c'))
      scheduler.at(10, null, () => seen.push('a'))
      scheduler.at(10, null, () => seen.push('b'))
      scheduler.cancel(scheduler.at(15, null, () => seen.push('cancelled')))
      scheduler.runUntil(100, () => false)
      expect(seen).toEqual(['a', 'b', 'c'])
      expect(scheduler.now).toBe(100)
    }))

  it('lets promises and next-ticks come to rest, however deep, before the next event', () =>
    outside(() => {
      expect(canDrain()).toBe(true)
      const scheduler = new Scheduler()
      const seen: string[] = []
      const deep = async (): Promise<void> => {
        for (let hop = 0; hop < 1000; hop++) await null
        process.nextTick(() => void Promise.resolve().then(() => seen.push('rest')))
      }
      scheduler.at(1, null, () => void deep())
      scheduler.at(1, null, () => seen.push('next event'))
      scheduler.runUntil(2, () => false)
      expect(seen).toEqual(['rest', 'next event'])
    }))

  it('says when it is started from within a promise, where nothing can come to rest', async () => {
    await Promise.resolve()
    expect(canDrain()).toBe(false)
  })

  it('keeps the events of a frozen process for it, and drops those of a dead one', () =>
    outside(() => {
      const scheduler = new Scheduler()
      const deferred: { run: (() => void) | null }[] = []
      const owner = { alive: true, paused: true, defer: (event: never) => void deferred.push(event) }
      const seen: string[] = []
      scheduler.at(1, owner as unknown as Owner, () => seen.push('frozen'))
      scheduler.runUntil(5 * MS, () => false)
      expect(seen).toEqual([])
      owner.paused = false
      for (const event of deferred) scheduler.again(event as never)
      scheduler.runUntil(6 * MS, () => false)
      expect(seen).toEqual(['frozen'])
      owner.alive = false
      scheduler.at(7 * MS, owner as unknown as Owner, () => seen.push('dead'))
      scheduler.runUntil(8 * MS, () => false)
      expect(seen).toEqual(['frozen'])
    }))
})

describe('randomness', () => {
  it('is the same for the same seed and name, and another for others', () => {
    const draw = (seed: number, name: string) => Array.from({ length: 4 }, Random.of(seed).fork(name).float)
    expect(draw(7, 'a')).toEqual(draw(7, 'a'))
    expect(draw(7, 'a')).not.toEqual(draw(7, 'b'))
    expect(draw(7, 'a')).not.toEqual(draw(8, 'a'))
  })
  it('of a fork does not depend on what was drawn before it', () => {
    const root = Random.of(7)
    const before = root.fork('x').next32()
    root.next32()
    expect(root.fork('x').next32()).toBe(before)
  })
})

describe('a run', () => {
  it('gives the same trace for the same seed, byte for byte', async () => {
    for (const seed of ['3', '14', '25']) {
      const [first, second] = await Promise.all([1, 2].map(() => simulate('--seed', seed, '--log', 'full')))
      const lines = (output: string) => output.split('\n').filter((line) => !/^\d+ seeds,/.test(line))
      expect(lines(first!.output).length).toBeGreaterThan(100)
      expect(lines(first!.output)).toEqual(lines(second!.output))
    }
  })

  it('passes on the first 20 seeds', async () => {
    const { code, output } = await simulate('--seeds', '1..20')
    expect(output).toContain('20 seeds, 0 failed')
    expect(code).toBe(0)
  })

  it.each(SEEDS)('passes on seed $seed, and fails there where $found', async ({ seed, mutant, before = [] }) => {
    const { output } = await simulate('--seed', String(seed))
    expect(output).toContain('1 seeds, 0 failed')
    const edits = typeof mutant === 'string' ? MUTANTS.filter(({ name }) => name === mutant) : [mutant]
    expect(edits).toHaveLength(1)
    const runWith = async (planted: readonly Edit[]): Promise<string> => {
      const file = await bundle({ entry: 'test/sim/main.ts', name: `sim-tests-seed-${seed}`, edits: planted })
      const { stdout } = await execute(process.execPath, [file, '--seed', String(seed)]).catch(
        (error: { stdout: string }) => error
      )
      return stdout
    }
    if (before.length > 0) expect(await runWith(before)).toContain('1 seeds, 0 failed')
    expect(await runWith([...edits, ...before])).toContain('1 seeds, 1 failed')
  })

  it('replays with fewer faults what a shrunk plan says', async () => {
    const { output } = await simulate('--seed', '2', '--keep', '0,1', '--plan')
    expect(output.split('\n').filter((line) => /^\d+ at \d+ ms:/.test(line)).length).toBeLessThanOrEqual(2)
  })
})

describe('a planted bug', () => {
  it('is found, and the failure says how to replay it', async () => {
    const edits = [
      {
        file: 'test/sim/workload.ts',
        find: 'printer: farm.printer(printerOf(group)) !== null,',
        replace: 'printer: false,'
      }
    ]
    const planted = await bundle({ entry: 'test/sim/main.ts', name: 'sim-tests-planted', edits })
    const { stdout } = await execute(process.execPath, [planted, '--seeds', '1..5']).catch(
      (error: { stdout: string }) => error
    )
    expect(stdout).toContain('FAILED')
    expect(stdout).toContain('linearizability')
    expect(stdout).toMatch(/replay: npm run sim -- --seed \d+ --log short/)
  })
  it.each([
    ['liveness', 'a transfer of leadership has no end'],
    ['answers in time', 'a read without an answer has no deadline'],
    ['core assertion', 'the log is cut where nothing conflicts'],
    ['no crash', 'a snapshot claims one entry more than it holds'],
    ['leader is not disturbed', 'votes are asked for without a pre-vote']
  ])('is found by %s where %s', async (checker, mutant) => {
    const edits = MUTANTS.filter(({ name }) => name === mutant)
    const planted = await bundle({ entry: 'test/sim/main.ts', name: `sim-tests-${checker}`, edits })
    const { stdout } = await execute(process.execPath, [planted, '--seeds', '1..20', '--until', 'failure']).catch(
      (error: { stdout: string }) => error
    )
    expect(stdout).toContain(`: ${checker}\n`)
  })
  it('that does not fit the sources exactly once is refused', async () => {
    const edits = [{ file: 'test/sim/workload.ts', find: 'nowhere to be found', replace: '' }]
    await expect(bundle({ entry: 'test/sim/main.ts', name: 'sim-tests-refused', edits })).rejects.toThrow('0 times')
  })
})
