import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  asIndex,
  asNodeId,
  asTerm,
  type Entry,
  type HardState,
  type LogIndex,
  type Term
} from '../../src-main/raft/types'
import { GroupCommit, type Persist } from '../../src-main/runtime/group-commit'
import { LogWriter } from '../../src-main/runtime/log-writer'
import { StoragePoisoned, type LogRecord, type LogStore } from '../../src-main/storage/ports'
import { VirtualTime } from './virtual-clock'

/** What a store holds, with the rules of one record at a time and nothing else. */
interface Model {
  hardState: HardState
  entries: readonly Entry[]
}

const EMPTY: Model = { hardState: { term: asTerm(0), votedFor: null, commit: asIndex(0) }, entries: [] }

function write(model: Model, record: LogRecord): Model {
  const from = record.entries[0]?.index ?? Infinity
  const kept = model.entries.filter(({ index }) => index < from)
  const last = kept.at(-1)?.index ?? 0
  if (record.entries.length > 0 && from !== last + 1) throw new Error(`a gap: ${from} after ${last}`)
  return { hardState: record.hardState, entries: [...kept, ...record.entries] }
}

const entry = (index: number, term: number): Entry => ({
  index: asIndex(index),
  term: asTerm(term),
  kind: 'command',
  data: `${index}@${term}`
})

let tokens = 0
const persist = (from: number, count: number, term: number, sync = true): Persist => ({
  type: 'persist',
  token: ++tokens,
  hardState: { term: asTerm(term), votedFor: term % 2 === 0 ? asNodeId('n2') : null, commit: asIndex(0) },
  entries: Array.from({ length: count }, (_, i) => entry(from + i, term)),
  messages: [],
  sync
})

/** Effects as a core may give them: appended at the end, or from anywhere before it, never with a gap. */
const effects = fc
  .array(
    fc.record({ back: fc.integer({ min: 0, max: 6 }), count: fc.integer({ min: 0, max: 5 }), hint: fc.boolean() }),
    { minLength: 1, maxLength: 40 }
  )
  .map((steps) => {
    let last = 0
    return steps.map(({ back, count, hint }, i) => {
      if (hint && count === 0) return persist(0, 0, i + 1, false)
      const from = Math.max(1, last + 1 - back)
      if (count > 0) last = from + count - 1
      return persist(from, count, i + 1)
    })
  })

describe('merging persist effects', () => {
  test('one record leaves the store as the effects one after the other would', () => {
    fc.assert(
      fc.property(effects, fc.integer({ min: 0, max: 39 }), (all, split) => {
        const before = all.slice(0, split).reduce((model, effect) => write(model, effect), EMPTY)
        const rest = all.slice(split)
        if (rest.length === 0) return
        const group = new GroupCommit(rest[0]!)
        for (const effect of rest.slice(1)) group.add(effect)
        expect(write(before, group.record)).toEqual(rest.reduce((model, effect) => write(model, effect), before))
        expect(group.covered).toEqual(rest)
        expect(group.sync).toBe(rest.some(({ sync }) => sync))
      }),
      { numRuns: 2000 }
    )
  })

  test('effects are never changed by it: the core still holds their entries', () => {
    fc.assert(
      fc.property(effects, (all) => {
        const copy = structuredClone(all)
        const group = new GroupCommit(all[0]!)
        for (const effect of all.slice(1)) group.add(effect)
        expect(all).toEqual(copy)
      })
    )
  })

  test('a later, truncating effect cuts what it supersedes', () => {
    const group = new GroupCommit(persist(1, 5, 1))
    group.add(persist(3, 1, 2))
    expect(group.record.entries.map(({ data }) => data)).toEqual(['1@1', '2@1', '3@2'])
  })

  test('one that begins before all of it replaces all of it', () => {
    const group = new GroupCommit(persist(5, 3, 1))
    group.add(persist(2, 1, 2))
    expect(group.record.entries.map(({ data }) => data)).toEqual(['2@2'])
  })

  test('a gap is a broken invariant', () => {
    const group = new GroupCommit(persist(1, 2, 1))
    expect(() => group.add(persist(5, 1, 2))).toThrow('gap')
  })
})

/** A disk whose barriers return when the test says so. */
class HeldStore implements LogStore {
  model: Model = EMPTY
  calls: string[] = []
  bytes = 0
  failure: StoragePoisoned | null = null
  #end: { resolve: () => void; reject: (error: unknown) => void } | null = null
  #effect: () => void = () => {}

  get busy(): boolean {
    return this.#end !== null
  }

  #begin(call: string, effect: () => void): Promise<void> {
    if (this.#end !== null) throw new Error('two calls at a time')
    this.calls.push(call)
    this.#effect = effect
    return new Promise((resolve, reject) => (this.#end = { resolve, reject }))
  }

  append(record: LogRecord): Promise<void> {
    return this.#begin('append', () => (this.model = write(this.model, record)))
  }

  reset(_after: { index: LogIndex; term: Term }, hardState: HardState): Promise<void> {
    return this.#begin('reset', () => (this.model = { hardState, entries: [] }))
  }

  compact(): Promise<void> {
    return this.#begin('compact', () => {})
  }

  release(): void {
    const end = this.#end
    this.#end = null
    this.#effect()
    end?.resolve()
  }

  fail(): void {
    const end = this.#end
    this.#end = null
    this.failure = new StoragePoisoned('append', { cause: new Error('EIO'), diskFull: false })
    end?.reject(this.failure)
  }

  recover(): never {
    throw new Error('not used')
  }

  async close(): Promise<void> {}
}

function writing(): {
  store: HeldStore
  writer: LogWriter
  durable: Persist[]
  failures: unknown[]
  time: VirtualTime
} {
  const time = new VirtualTime()
  const store = new HeldStore()
  const durable: Persist[] = []
  const failures: unknown[] = []
  const writer = new LogWriter(store, time.clock(), {
    onDurable: (covered) => void durable.push(...covered),
    onFailure: (error) => void failures.push(error)
  })
  return { store, writer, durable, failures, time }
}

describe('the log writer', () => {
  test('whenever barriers return, the store holds exactly the effects that were reported durable, in order', async () => {
    await fc.assert(
      fc.asyncProperty(effects, fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }), async (all, releases) => {
        const { store, writer, durable } = writing()
        for (const [i, effect] of all.entries()) {
          writer.persist(effect)
          writer.kick()
          if (!releases[i] || !store.busy) continue
          store.release()
          await new Promise((resolve) => setImmediate(resolve))
          expect(durable).toEqual(all.slice(0, durable.length))
          expect(store.model).toEqual(durable.reduce((model, done) => write(model, done), EMPTY))
        }
        const flushed = writer.flush()
        while (store.busy) {
          store.release()
          await new Promise((resolve) => setImmediate(resolve))
        }
        await flushed
        expect(durable).toEqual(all)
        expect(store.model).toEqual(all.reduce((model, done) => write(model, done), EMPTY))
      }),
      { numRuns: 300 }
    )
  })

  test('what comes while a barrier runs is one record', () => {
    const { store, writer } = writing()
    for (let i = 1; i <= 5; i++) {
      writer.persist(persist(i, 1, 1))
      writer.kick()
    }
    expect(store.calls).toEqual(['append'])
    expect(writer.waiting).toBe(1)
  })

  test('a reset keeps its place between the writes before and after it', async () => {
    const { store, writer, durable, time } = writing()
    const hardState = { term: asTerm(3), votedFor: null, commit: asIndex(9) }
    writer.persist(persist(1, 2, 1))
    writer.kick()
    writer.persist(persist(3, 1, 2))
    writer.reset({ index: asIndex(9), term: asTerm(3) }, hardState)
    writer.persist(persist(10, 1, 3))
    for (let i = 0; i < 4; i++) {
      if (i === 3) expect(store.model.entries).toEqual([])
      if (i < 3) store.release()
      await time.settle()
    }
    expect(store.calls).toEqual(['append', 'append', 'reset', 'append'])
    expect(durable).toHaveLength(2)
  })

  test('a commit hint alone is not written, and rides with the next record', async () => {
    const { store, writer, durable, time } = writing()
    writer.persist(persist(0, 0, 1, false))
    writer.kick()
    expect(store.calls).toEqual([])
    writer.persist(persist(1, 1, 2))
    writer.kick()
    store.release()
    await time.settle()
    expect(store.calls).toEqual(['append'])
    expect(durable).toHaveLength(2)
  })

  test('a flush writes the hint too', async () => {
    const { store, writer, time } = writing()
    writer.persist(persist(0, 0, 1, false))
    writer.kick()
    const flushed = writer.flush()
    store.release()
    await time.settle()
    await flushed
    expect(store.calls).toEqual(['append'])
  })

  test('after a failure nothing is written or reported, and a flush ends', async () => {
    const { store, writer, durable, failures, time } = writing()
    writer.persist(persist(1, 1, 1))
    writer.kick()
    writer.persist(persist(2, 1, 1))
    store.fail()
    await time.settle()
    writer.persist(persist(3, 1, 1))
    writer.kick()
    await writer.flush()
    expect(store.calls).toEqual(['append'])
    expect(durable).toEqual([])
    expect(failures).toEqual([store.failure])
  })

  test('says how long the running write has taken', async () => {
    const { store, writer, time } = writing()
    expect(writer.busyMs(time.nowMs)).toBe(0)
    writer.persist(persist(1, 1, 1))
    writer.kick()
    await time.advance(700)
    expect(writer.busyMs(time.nowMs)).toBe(700)
    store.release()
    await time.settle()
    expect(writer.busyMs(time.nowMs)).toBe(0)
  })

  test('a record counts as being written until its barrier returns, or has taken too long to wait for', async () => {
    const { store, writer, time } = writing()
    expect(writer.isWriting(2)).toBe(false)
    writer.persist({
      type: 'persist',
      token: 1,
      hardState: { term: asTerm(1), votedFor: null, commit: asIndex(0) },
      entries: [],
      messages: [],
      sync: true
    })
    writer.kick()
    expect(writer.isWriting(2)).toBe(true)
    await time.advance(2)
    expect(writer.isWriting(2)).toBe(false)
    expect(writer.isWriting(5)).toBe(true)
    store.release()
    await new Promise((resolve) => setImmediate(resolve))
    expect(writer.isWriting(5)).toBe(false)
  })
})
