/** Rules of the SnapshotStore port; every implementation passes them. */
import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import type { SnapshotMeta } from '../../src-main/raft/types'
import { SNAPSHOT_CHUNK_CHARS, type SnapshotReceiver, type SnapshotStore } from '../../src-main/storage/ports'
import { HARD_TEXT, metaAt } from './samples'

export interface SnapshotStoreHarness {
  /** A store over what the one before left. */
  open(): SnapshotStore
  dispose(): Promise<void>
}

export const take = async (store: SnapshotStore, index: number, chunks: readonly string[]): Promise<SnapshotMeta> => {
  const writer = await store.create(metaAt(index, 2))
  for (const chunk of chunks) await writer.write(chunk)
  return writer.commit()
}

export const chunksOf = async (store: SnapshotStore, meta: SnapshotMeta, from?: number): Promise<string[]> => {
  const reader = await store.open(meta)
  const chunks: string[] = []
  let expected = from ?? 0
  for await (const { sequence, chunk, crc32: sum } of reader.read(from)) {
    expect(sequence).toBe(expected++)
    expect(sum).toBe(crc32(chunk))
    chunks.push(chunk)
  }
  await reader.close()
  return chunks
}

export const snapshotStoreConformance = (name: string, prepare: () => Promise<SnapshotStoreHarness>): void => {
  describe(`SnapshotStore on ${name}`, () => {
    let disposals: (() => Promise<void>)[] = []
    afterEach(async () => {
      for (const dispose of disposals.reverse()) await dispose()
      disposals = []
    })
    const harness = async (): Promise<SnapshotStoreHarness> => {
      const made = await prepare()
      disposals.push(() => made.dispose())
      return made
    }
    const CHUNKS = ['first ', '', 'second "\\', ...HARD_TEXT]

    test('a new store has none', async () => {
      const at = await harness()
      expect(await at.open().latest()).toBeNull()
    })

    test('what commit named is read back chunk by chunk, after a restart too', async () => {
      const at = await harness()
      const store = at.open()
      const meta = await take(store, 5, CHUNKS)
      const content = CHUNKS.join('')
      expect(meta).toMatchObject({ ...metaAt(5, 2), bytes: CHUNKS.reduce((n, c) => n + Buffer.byteLength(c), 0) })
      expect(meta.sha256).toMatch(/^[0-9a-f]{64}$/)
      expect(await store.latest()).toEqual(meta)
      expect(await chunksOf(store, meta)).toEqual(CHUNKS)
      await store.close()
      const again = at.open()
      expect(await again.latest()).toEqual(meta)
      expect((await chunksOf(again, meta)).join('')).toBe(content)
      expect(await chunksOf(again, meta, 2)).toEqual(CHUNKS.slice(2))
      expect(await chunksOf(again, meta, CHUNKS.length)).toEqual([])
    })

    test('sha256 is that of the content in UTF-8', async () => {
      const at = await harness()
      const meta = await take(at.open(), 5, ['a', 'ü'])
      expect(meta.sha256).toBe(createHash('sha256').update('aü').digest('hex'))
      expect(meta.bytes).toBe(3)
    })

    test('a snapshot of nothing', async () => {
      const at = await harness()
      const store = at.open()
      const meta = await take(store, 1, [])
      expect(meta.bytes).toBe(0)
      expect(await chunksOf(store, meta)).toEqual([])
    })

    test('a chunk of the largest size, and none larger', async () => {
      const at = await harness()
      const store = at.open()
      const writer = await store.create(metaAt(5, 2))
      const largest = '"\u2028'.repeat(SNAPSHOT_CHUNK_CHARS / 2)
      await writer.write(largest)
      await expect(writer.write(`${largest}x`)).rejects.toThrow('the bound is')
      expect(await chunksOf(store, await writer.commit())).toEqual([largest])
    })

    test('not committed, or aborted, is not there', async () => {
      const at = await harness()
      const store = at.open()
      await (await store.create(metaAt(5, 2))).write('x')
      const writer = await store.create(metaAt(6, 2))
      await writer.write('y')
      await writer.abort()
      expect(await store.latest()).toBeNull()
      expect(await at.open().latest()).toBeNull()
    })

    test('the newest by index is the latest; the last two are kept', async () => {
      const at = await harness()
      const store = at.open()
      const metas = []
      for (const index of [8, 9, 10, 11]) metas.push(await take(store, index, [`at ${index}`]))
      expect(await store.latest()).toEqual(metas[3])
      expect(await chunksOf(store, metas[2] as SnapshotMeta)).toEqual(['at 10'])
      await expect(store.open(metas[1] as SnapshotMeta)).rejects.toThrow()
      expect(await at.open().latest()).toEqual(metas[3])
    })

    test('a snapshot that is being read outlives newer ones until it is closed', async () => {
      const at = await harness()
      const store = at.open()
      const meta = await take(store, 1, ['a', 'b', 'c'])
      const reader = await store.open(meta)
      const reading = reader.read()[Symbol.asyncIterator]()
      expect((await reading.next()).value).toMatchObject({ chunk: 'a' })
      for (const index of [2, 3, 4]) await take(store, index, ['x'])
      expect((await reading.next()).value).toMatchObject({ chunk: 'b' })
      expect((await reading.next()).value).toMatchObject({ chunk: 'c' })
      expect((await reading.next()).done).toBe(true)
      await reader.close()
      await reader.close()
    })

    test('the same snapshot taken twice is one', async () => {
      const at = await harness()
      const store = at.open()
      const older = await take(store, 4, ['older'])
      const meta = await take(store, 5, ['same'])
      expect(await take(store, 5, ['same'])).toEqual(meta)
      expect(await chunksOf(store, meta)).toEqual(['same'])
      expect(await chunksOf(store, older)).toEqual(['older'])
    })

    const announced = async (): Promise<SnapshotMeta> => {
      const other = await harness()
      return take(other.open(), 50, CHUNKS)
    }
    const write = (receiver: SnapshotReceiver, at: number) =>
      receiver.write(at, CHUNKS[at] as string, crc32(CHUNKS[at] as string))
    const send = async (store: SnapshotStore, meta: SnapshotMeta, until = CHUNKS.length) => {
      const receiver = await store.receive(meta, CHUNKS.length)
      const from = receiver.chunksPresent
      for (let at = from; at < until; at++) await write(receiver, at)
      return { receiver, from }
    }

    test('a snapshot received in one go is the latest after commit, not before', async () => {
      const meta = await announced()
      const store = (await harness()).open()
      await take(store, 3, ['own'])
      const { receiver, from } = await send(store, meta)
      expect(from).toBe(0)
      expect((await store.latest())?.index).toBe(3)
      await receiver.commit()
      expect(await store.latest()).toEqual(meta)
      expect(await chunksOf(store, meta)).toEqual(CHUNKS)
    })

    test('a reception goes on where it broke off, after a restart too', async () => {
      const meta = await announced()
      const at = await harness()
      const store = at.open()
      await (await send(store, meta, 2)).receiver.abort()
      const second = await send(store, meta, 4)
      expect(second.from).toBe(2)
      await store.close()
      const again = at.open()
      const third = await send(again, meta)
      expect(third.from).toBe(4)
      await third.receiver.commit()
      expect(await again.latest()).toEqual(meta)
      expect(await chunksOf(again, meta)).toEqual(CHUNKS)
    })

    test('an attempt that another has replaced is refused and does no harm', async () => {
      const meta = await announced()
      const store = (await harness()).open()
      const first = (await send(store, meta, 1)).receiver
      const second = await store.receive(meta, CHUNKS.length)
      expect(second.chunksPresent).toBe(1)
      await expect(write(first, 1)).rejects.toMatchObject({ code: 'snapshot_rejected' })
      await expect(first.commit()).rejects.toMatchObject({ code: 'snapshot_rejected' })
      await first.abort()
      const { receiver } = await send(store, meta)
      await receiver.commit()
      expect(await chunksOf(store, meta)).toEqual(CHUNKS)
    })

    test('a reception that comes while the one before commits finds the snapshot', async () => {
      const meta = await announced()
      const store = (await harness()).open()
      const { receiver } = await send(store, meta)
      const [, next] = await Promise.all([receiver.commit(), store.receive(meta, CHUNKS.length)])
      expect(next.chunksPresent).toBe(CHUNKS.length)
      await next.commit()
      expect(await store.latest()).toEqual(meta)
      expect(await chunksOf(store, meta)).toEqual(CHUNKS)
    })

    test('a reception that comes while the one before writes goes on after that chunk', async () => {
      const meta = await announced()
      const store = (await harness()).open()
      const { receiver } = await send(store, meta, 1)
      const [, next] = await Promise.all([write(receiver, 1), store.receive(meta, CHUNKS.length)])
      expect(next.chunksPresent).toBe(2)
      const rest = await send(store, meta)
      await rest.receiver.commit()
      expect(await chunksOf(store, meta)).toEqual(CHUNKS)
    })

    test('a reception goes on while this node takes the same snapshot itself, or a newer one', async () => {
      const meta = await announced()
      for (const index of [50, 60]) {
        const store = (await harness()).open()
        const { receiver } = await send(store, meta, 2)
        const taken = await take(store, index, CHUNKS)
        for (let at = 2; at < CHUNKS.length; at++) await write(receiver, at)
        await receiver.commit()
        expect(await store.latest()).toEqual(taken)
        expect(await chunksOf(store, meta)).toEqual(CHUNKS)
      }
    })

    test('a reception that begins while a newer snapshot is taken is not in its way', async () => {
      const meta = await announced()
      for (let lead = 0; lead < 60; lead++) {
        const at = await harness()
        await (await send(at.open(), meta, 2)).receiver.abort()
        const store = at.open()
        const writer = await store.create(metaAt(60, 2))
        await writer.write('newer')
        const committed = writer.commit()
        for (let hop = 0; hop < lead; hop++) await (hop % 2 === 0 ? null : new Promise(setImmediate))
        const { receiver } = await send(store, meta)
        expect((await committed).index).toBe(60)
        await receiver.commit()
        expect((await store.latest())?.index).toBe(60)
      }
    })

    test('a snapshot that is here already needs nothing more', async () => {
      const at = await harness()
      const store = at.open()
      const meta = await take(store, 50, CHUNKS)
      const receiver = await store.receive(meta, CHUNKS.length)
      expect(receiver.chunksPresent).toBe(CHUNKS.length)
      await receiver.commit()
      expect(await store.latest()).toEqual(meta)
    })

    test('another snapshot takes the place of an unfinished reception', async () => {
      const meta = await announced()
      const store = (await harness()).open()
      await send(store, { ...meta, sha256: 'f'.repeat(64) }, 2)
      const { from, receiver } = await send(store, meta)
      expect(from).toBe(0)
      await receiver.commit()
      expect(await store.latest()).toEqual(meta)
    })

    test('a wrong checksum, place or number of chunks is refused and changes nothing', async () => {
      const meta = await announced()
      const store = (await harness()).open()
      const { receiver } = await send(store, meta, 1)
      await expect(receiver.write(1, 'other', crc32(CHUNKS[1] as string))).rejects.toThrow('checksum')
      await expect(receiver.write(2, CHUNKS[2] as string, crc32(CHUNKS[2] as string))).rejects.toThrow('expected was 1')
      await expect(receiver.write(0, CHUNKS[0] as string, crc32(CHUNKS[0] as string))).rejects.toThrow('expected was 1')
      await expect(receiver.commit()).rejects.toThrow('1 chunks of')
      const rest = await send(store, meta)
      expect(rest.from).toBe(1)
      await expect(rest.receiver.write(CHUNKS.length, 'x', crc32('x'))).rejects.toThrow()
      await rest.receiver.commit()
      expect(await chunksOf(store, meta)).toEqual(CHUNKS)
    })

    test('content that does not fit the announced hash or size is refused, and the next attempt starts over', async () => {
      const meta = await announced()
      for (const wrong of [
        { ...meta, sha256: 'e'.repeat(64) },
        { ...meta, bytes: meta.bytes + 1 }
      ]) {
        const store = (await harness()).open()
        const { receiver } = await send(store, wrong)
        await expect(receiver.commit()).rejects.toMatchObject({ code: 'snapshot_rejected' })
        expect(await store.latest()).toBeNull()
        expect((await send(store, wrong)).from).toBe(0)
      }
    })
  })
}
