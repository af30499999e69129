import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import { asIndex, asTerm, type SnapshotMeta, type Term } from '../../src-main/raft/types'
import type { SnapshotReader, SnapshotReceiver } from '../../src-main/storage/ports'
import { FRAME } from '../../src-main/transport/frame-types'
import { SnapshotNotSent } from '../../src-main/transport/snapshot-sending'
import { connectNodes, membersOf, RawCaller, startNode, statsOf, stopNodes, until, type TestNode } from './nodes'

afterEach(stopNodes)

const TERM = asTerm(3)
const CHUNKS = Array.from({ length: 24 }, (_, i) => `${i}:é\ud800${'x'.repeat(100_000)}`)

const meta: SnapshotMeta = {
  index: asIndex(100),
  term: asTerm(2),
  configuration: { voters: [], votersOutgoing: [], learners: [], learnersNext: [], members: {} },
  configurationIndex: asIndex(1),
  bytes: 24 * 100_000,
  sha256: createHash('sha256').update(CHUNKS.join()).digest('hex'),
  format: 1
}

/** Hands out CHUNKS; `onRead` may stop the world. */
function reader(onRead: (sequence: number) => void | Promise<void> = () => {}): SnapshotReader & { reads: number[] } {
  const reads: number[] = []
  return {
    meta,
    chunks: CHUNKS.length,
    reads,
    async *read(from = 0) {
      for (let sequence = from; sequence < CHUNKS.length; sequence++) {
        await onRead(sequence)
        reads.push(sequence)
        const chunk = CHUNKS[sequence]!
        yield { sequence, chunk, crc32: crc32(chunk) }
      }
    },
    close: () => Promise.resolve()
  }
}

/** A store that keeps chunks across attempts. */
class Store {
  readonly chunks: string[] = []
  readonly offers: { readonly term: Term; readonly meta: SnapshotMeta; readonly chunks: number }[] = []
  readonly received: SnapshotMeta[] = []
  committed = 0
  aborted = 0
  refusing = false
  onWrite: (sequence: number) => void | Promise<void> = () => {}

  readonly handlers = {
    onSnapshotOffer: (_from: unknown, term: Term, of: SnapshotMeta, chunks: number) => {
      this.offers.push({ term, meta: of, chunks })
      return Promise.resolve(this.refusing ? null : this.#receiver())
    },
    onSnapshotReceived: (_from: unknown, _term: Term, of: SnapshotMeta) => void this.received.push(of)
  }

  #receiver(): SnapshotReceiver {
    return {
      chunksPresent: this.chunks.length,
      write: async (sequence, chunk, sum) => {
        await this.onWrite(sequence)
        if (sequence !== this.chunks.length || crc32(chunk) !== sum) throw new Error('a damaged chunk')
        this.chunks.push(chunk)
      },
      commit: async () => {
        if (this.chunks.length !== CHUNKS.length) throw new Error('not all here')
        this.committed++
      },
      abort: async () => void this.aborted++
    }
  }
}

async function pair(store: Store, limits = {}): Promise<[TestNode, TestNode]> {
  const a = await startNode(1, { limits })
  const b = await startNode(2, { limits, handlers: store.handlers })
  await connectNodes(a, b)
  return [a, b]
}

const never = new AbortController().signal

describe('snapshots', () => {
  test('arrive whole, and are reported after the commit', async () => {
    const store = new Store()
    const [a, b] = await pair(store)
    await a.transport.sendSnapshot(b.id, TERM, reader(), never)
    expect(store.chunks).toEqual(CHUNKS)
    expect(store.offers).toEqual([{ term: TERM, meta, chunks: CHUNKS.length }])
    expect(store.received).toEqual([meta])
    expect(store.committed).toBe(1)
    expect(store.aborted).toBe(0)
  })

  test('go on after a broken connection where they were', async () => {
    const store = new Store()
    const [a, b] = await pair(store)
    store.onWrite = (sequence) => {
      if (sequence === 10 && store.offers.length === 1) b.transport.reconnect()
    }
    await expect(a.transport.sendSnapshot(b.id, TERM, reader(), never)).rejects.toThrow()
    await until('the attempt let go', () => store.aborted === 1)
    expect(store.chunks.length).toBeGreaterThanOrEqual(10)
    expect(store.chunks.length).toBeLessThan(CHUNKS.length)
    const present = store.chunks.length

    const rest = reader()
    await a.transport.sendSnapshot(b.id, TERM, rest, never)
    expect(rest.reads[0]).toBe(present)
    expect(store.chunks).toEqual(CHUNKS)
    expect(store.received).toEqual([meta])
  })

  test('reach a member that nobody can dial, for it dials itself when asked', async () => {
    const store = new Store()
    const a = await startNode(1)
    const b = await startNode(2, { handlers: store.handlers })
    // As seen by the sender: an address that answers nobody.
    a.transport.setPeers(new Map([...membersOf(a), [b.id, { ...b.info, rpcAddress: '127.0.0.1:1' }]]))
    b.transport.setPeers(membersOf(a, b))
    await until('it has dialled', () => statsOf(a, b)?.connected)
    await a.transport.sendSnapshot(b.id, TERM, reader(), never)
    expect(store.chunks).toEqual(CHUNKS)
    expect(store.received).toEqual([meta])
  })

  test('fail with a reason where neither side can dial', async () => {
    const a = await startNode(1)
    const b = await startNode(2)
    a.transport.setPeers(new Map([...membersOf(a), [b.id, { ...b.info, rpcAddress: '127.0.0.1:1' }]]))
    await expect(a.transport.sendSnapshot(b.id, TERM, reader(), never)).rejects.toThrow(
      /cannot reach n-2: ECONNREFUSED/
    )
  })

  test('are not given to a member that dials for one unasked', async () => {
    const a = await startNode(1)
    const b = await startNode(2)
    a.transport.setPeers(membersOf(a, b))
    const caller = await RawCaller.dial(a, b.identity)
    caller.hello(a, { nodeId: b.id, channel: 'fetch' })
    expect(String(await caller.frame(FRAME.refused))).toMatch(/no snapshot waits here/)
  })

  test('that are not wanted are refused', async () => {
    const store = new Store()
    store.refusing = true
    const [a, b] = await pair(store)
    await expect(a.transport.sendSnapshot(b.id, TERM, reader(), never)).rejects.toThrow(/not wanted/)
  })

  test('that cannot be written over there fail here with the reason', async () => {
    const store = new Store()
    const [a, b] = await pair(store)
    store.onWrite = () => {
      throw new Error('disk full')
    }
    await expect(a.transport.sendSnapshot(b.id, TERM, reader(), never)).rejects.toThrow(/refused: disk full/)
    await until('the attempt let go', () => store.aborted === 1)
  })

  test('that cannot be read here fail there too', async () => {
    const store = new Store()
    const [a, b] = await pair(store)
    const damaged = reader((sequence) => {
      if (sequence === 3) throw new Error('a damaged chunk file')
    })
    await expect(a.transport.sendSnapshot(b.id, TERM, damaged, never)).rejects.toThrow('a damaged chunk file')
    await until('the attempt let go', () => store.aborted === 1)
    expect(store.committed).toBe(0)
  })

  test('no more chunks are read than the window allows while the peer is slow', async () => {
    const store = new Store()
    const [a, b] = await pair(store, { snapshotWindowChunks: 3 })
    let release = () => {}
    const blocked = new Promise<void>((resolve) => (release = resolve))
    store.onWrite = (sequence) => (sequence === 5 ? blocked : undefined)
    const source = reader()
    const sending = a.transport.sendSnapshot(b.id, TERM, source, never)
    await until('the window is full', () => store.chunks.length === 5 && source.reads.length >= 8)
    // 5 written, 3 on the way, and one read ahead.
    expect(source.reads.length).toBeLessThanOrEqual(9)
    release()
    await sending
    expect(store.chunks).toEqual(CHUNKS)
  })

  test('are given up by signal, before, while and after dialling', async () => {
    const store = new Store()
    const [a, b] = await pair(store)
    await expect(a.transport.sendSnapshot(b.id, TERM, reader(), AbortSignal.abort())).rejects.toThrow(SnapshotNotSent)
    const dialling = new AbortController()
    const first = a.transport.sendSnapshot(b.id, TERM, reader(), dialling.signal)
    dialling.abort()
    await expect(first).rejects.toThrow('aborted')
    const running = new AbortController()
    store.onWrite = (sequence) => {
      if (sequence === 4) running.abort()
    }
    await expect(a.transport.sendSnapshot(b.id, TERM, reader(), running.signal)).rejects.toThrow('aborted')
    await until('the attempt let go', () => store.aborted === 1)
  })

  test('end when the peer falls silent, on either side', async () => {
    const store = new Store()
    const [a, b] = await pair(store, { snapshotStepTimeoutMs: 100 })
    store.onWrite = () => new Promise(() => {})
    await expect(a.transport.sendSnapshot(b.id, TERM, reader(), never)).rejects.toThrow('no answer in time')

    const other = new Store()
    const c = await startNode(3, { limits: { snapshotStepTimeoutMs: 100 }, handlers: other.handlers })
    c.transport.setPeers(new Map([[a.id, { ...a.info, rpcAddress: '127.0.0.1:1' }]]))
    const caller = await RawCaller.dial(c, a.identity)
    caller.hello(c, { nodeId: a.id, channel: 'snapshot' })
    await caller.frame(FRAME.welcome)
    await caller.untilClosed()
    expect(other.offers).toEqual([])
  })

  test('a newer attempt of the same peer replaces an older one, after it has let go', async () => {
    const store = new Store()
    const [a, b] = await pair(store)
    let release = () => {}
    const blocked = new Promise<void>((resolve) => (release = resolve))
    store.onWrite = (sequence) => (sequence === 2 && store.offers.length === 1 ? blocked : undefined)
    const first = a.transport.sendSnapshot(b.id, TERM, reader(), never)
    const firstEnd = expect(first).rejects.toThrow()
    await until('the first is stuck', () => store.chunks.length === 2)
    const second = a.transport.sendSnapshot(b.id, TERM, reader(), never)
    await firstEnd
    expect(store.offers).toHaveLength(1)
    release()
    await second
    expect(store.aborted).toBe(1)
    expect(store.chunks).toEqual(CHUNKS)
  })

  test('to a stranger or to a removed member fail', async () => {
    const store = new Store()
    const [a, b] = await pair(store)
    const c = await startNode(3)
    await expect(a.transport.sendSnapshot(c.id, TERM, reader(), never)).rejects.toThrow('not a member')
    store.onWrite = (sequence) => {
      if (sequence === 4) b.transport.setPeers(new Map())
    }
    await expect(a.transport.sendSnapshot(b.id, TERM, reader(), never)).rejects.toThrow()
    await until('the attempt let go', () => store.aborted === 1)
  })

  test('stopping waits until no stream uses the store', async () => {
    const store = new Store()
    const [a, b] = await pair(store)
    let release = () => {}
    const blocked = new Promise<void>((resolve) => (release = resolve))
    store.onWrite = (sequence) => (sequence === 2 ? blocked : undefined)
    const sending = expect(a.transport.sendSnapshot(b.id, TERM, reader(), never)).rejects.toThrow()
    await until('it is under way', () => store.chunks.length === 2)
    let stopped = false
    const stopping = b.transport.stop().then(() => (stopped = true))
    await sending
    expect(stopped).toBe(false)
    release()
    await stopping
    expect(store.aborted).toBe(1)
  })
})
