/** Pins what datastore.ts assumes of NeDB's private API. When this fails after an upgrade, so would durability. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Datastore from 'nedb-promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openDatastore } from '../../src-main/storage/datastore'
import { createNedbLogStore } from '../../src-main/storage/nedb-log-store'
import { nodeDisk } from '../../src-main/storage/node-disk'
import { entries, entry, HARD_TEXT, hardState, record } from './samples'

let dir = ''
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'raft3d-nedb-'))
})
afterAll(() => rm(dir, { recursive: true }))

describe('NeDB', () => {
  test('is the version whose internals were read', () => {
    const { version } = createRequire(import.meta.url)('@seald-io/nedb/package.json') as { version: string }
    expect(version).toBe('4.1.2')
  })

  test('opens and inserts without touching the file system', async () => {
    const filename = join(dir, 'nowhere', 'x.db')
    const lines: object[] = []
    const store = await openDatastore<object>(filename, async (document) => {
      lines.push(document)
    })
    await store.insert({ _id: '3', text: 'x' })
    expect(lines).toEqual([{ _id: '3', text: 'x' }])
    expect(await readdir(dir)).toEqual([])
  })

  test('insert resolves after persist, and one insert persists after the other', async () => {
    const order: string[] = []
    const releases: (() => void)[] = []
    const store = await openDatastore(join(dir, 'x.db'), async (document: { _id: string }) => {
      order.push(`persist ${document._id}`)
      await new Promise<void>((resolve) => releases.push(resolve))
    })
    const inserts = ['1', '2'].map((_id) => store.insert({ _id }).then(() => order.push(`inserted ${_id}`)))
    for (let turn = 0; turn < 50; turn++) await Promise.resolve()
    expect(order).toEqual(['persist 1'])
    releases[0]?.()
    await inserts[0]
    for (let turn = 0; turn < 50; turn++) await Promise.resolve()
    expect([...order].sort()).toEqual(['inserted 1', 'persist 1', 'persist 2'])
    releases[1]?.()
    await inserts[1]
  })

  test('insert rejects with what persist threw', async () => {
    const store = await openDatastore<object>(join(dir, 'x.db'), async () => {
      throw new Error('no barrier')
    })
    await expect(store.insert({ _id: '1' })).rejects.toThrow('no barrier')
  })

  test('keeps no document in memory, whether or not it was persisted', async () => {
    let fails = false
    const store = await openDatastore<object>(join(dir, 'x.db'), async () => {
      if (fails) throw new Error('no barrier')
    })
    await store.insert({ _id: '1' })
    fails = true
    await expect(store.insert({ _id: '1' })).rejects.toThrow('no barrier')
    fails = false
    // NeDB refuses an _id that it still has.
    await store.insert({ _id: '1' })
  })

  test('hands over keys and strings as they are, in their order', async () => {
    const texts = HARD_TEXT.map((text, at) => ({ z: at, _id: `t${at}`, a: text, n: null, b: true }))
    const seen: string[] = []
    const store = await openDatastore(join(dir, 'x.db'), async (document: object) => {
      seen.push(JSON.stringify(document))
    })
    for (const text of texts) await store.insert(text)
    expect(seen).toEqual(texts.map((text) => JSON.stringify(text)))
  })

  test('plain NeDB reads every record of a segment file', async () => {
    const log = createNedbLogStore({ disk: nodeDisk, dir: join(dir, 'raft'), ballastBytes: 0 })
    await log.recover()
    for (const [at, text] of HARD_TEXT.entries()) await log.append(record(hardState(1), [entry(at + 1, 1, text)]))
    await log.append(record(hardState(1), entries(HARD_TEXT.length + 1, HARD_TEXT.length + 9, 1)))
    await log.close()
    const copy = join(dir, 'copy.db')
    const [name] = await readdir(join(dir, 'raft'))
    const file = await nodeDisk.open(join(dir, 'raft', name as string), 'read')
    await writeFile(copy, await file.read(0, await file.size()))
    await file.close()
    const plain = Datastore.create({ filename: copy, corruptAlertThreshold: 0 })
    expect(await plain.count({})).toBe(HARD_TEXT.length + 2)
    const one = await plain.findOne<Record<string, unknown>>({ _id: '0000000000000003' })
    expect(one?.entries).toBe(`t1c${HARD_TEXT[1]?.length}|${HARD_TEXT[1]}`)
  })
})
