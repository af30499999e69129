import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Farm, FarmLoader } from '../../src-main/farm/farm'
import { SnapshotUnreadable } from '../../src-main/farm/snapshot-unreadable'
import { chunksOf, jobCreate, Log, sha256, smallFarm } from './entries'
import { commandFrom, randomCommands } from './commands'

const CHUNK_CHARS_MAX = 256 * 1024

/** A farm with at least one of everything, and names that need escaping. */
function fullFarm(): Log {
  const log = smallFarm()
  log.ok({ type: 'printer.create', id: 'p\u2028"', company: 'Ü', model: '😀', name: '\ud800' })
  log.filament('f2', 1 / 3)
  log.job('j1', 1 / 7)
  log.job('j2', 20, 'p2')
  log.status('j2', 'Running')
  log.job('j3', 5)
  log.ok({ type: 'job.delete', id: 'j3' })
  log.command(jobCreate('j4'), { k: { key: 'a', request: 'x' }, a: 'anna', n: 'lab-2' })
  log.command(jobCreate('j5'), { k: { key: 'b', request: 'x' } })
  log.status('j5', 'Cancelled')
  log.command(jobCreate('j7'), { k: { key: 'e', request: 'x' } })
  log.ok({ type: 'job.delete', id: 'j7' })
  log.job('j7', 12)
  log.command(jobCreate('j6', 1e9), { k: { key: 'c', request: 'x' } })
  log.command(jobCreate('', 1), { k: { key: 'd', request: 'x' } })
  log.ok({ type: 'token.create', id: 't1', name: 'n', role: 'admin', hash: sha256('a'), expires_at: null })
  log.ok({ type: 'token.create', id: 't2', name: 'n', role: 'viewer', hash: sha256('b'), expires_at: log.now })
  log.ok({ type: 'invite.create', id: 'i1', hash: sha256('c'), expires_at: log.now + 1 })
  new Log('session-b', log.farm).filament('f3')
  return log
}

describe('snapshots', () => {
  it('a restored farm is equal in every answer', () => {
    const { farm, session } = fullFarm()
    const restored = Farm.restore(chunksOf(farm))
    expect(restored.hash()).toBe(farm.hash())
    expect(restored.appliedIndex).toBe(farm.appliedIndex)
    expect(restored.printers()).toEqual(farm.printers())
    expect(restored.filaments()).toEqual(farm.filaments())
    expect(restored.jobs({})).toEqual(farm.jobs({}))
    expect(restored.jobs({ status: 'Running' })).toEqual(farm.jobs({ status: 'Running' }))
    expect(restored.tokens()).toEqual(farm.tokens())
    expect(restored.tokenByHash(sha256('b'))).toEqual(farm.tokenByHash(sha256('b')))
    expect(restored.invites()).toEqual(farm.invites())
    expect(restored.counts()).toEqual(farm.counts())
    expect(restored.audit()).toEqual([])
    for (let seq = 0; seq < 40; seq++) expect(restored.lookup(session, seq)).toEqual(farm.lookup(session, seq))
  })

  it('an empty farm has a snapshot too', () => {
    const farm = new Farm()
    expect(Farm.restore(chunksOf(farm)).hash()).toBe(farm.hash())
  })

  it('answers to repeated requests survive, and refer to the record where it still stands', () => {
    const log = fullFarm()
    const restored = new Log('session-c', Farm.restore(chunksOf(log.farm)))
    const again = (key: string): unknown => restored.outcome(jobCreate('other'), { k: { key, request: 'x' } })
    const standing = restored.farm.job('j4')
    expect(again('a')).toEqual({ ok: true, status: 201, body: standing })
    expect(chunksOf(log.farm).join('')).toMatch(/"a","x",\d+,\[201,4\]/)
    expect(again('b')).toMatchObject({ ok: true, status: 201, body: { id: 'j5', status: 'Queued' } })
    expect(again('c')).toMatchObject({ ok: false, code: 'not_enough_filament' })
    expect(again('e')).toMatchObject({ ok: true, status: 201, body: { id: 'j7', print_weight_in_grams: 10 } })
    expect(again('d')).toMatchObject({ ok: false, code: 'invalid_request', errors: [{ path: '/id' }] })
  })

  it('a restored farm goes on exactly as the first', () => {
    fc.assert(
      fc.property(randomCommands(), randomCommands(), (before, after) => {
        const log = new Log()
        for (const draft of before) log.command(commandFrom(draft), draft.more)
        const twin = Farm.restore(chunksOf(log.farm))
        for (const draft of after) {
          const entry = log.envelope(commandFrom(draft), draft.more)
          const index = log.farm.appliedIndex + 1
          const applied = twin.apply(index, structuredClone(entry))
          expect(applied).toEqual(log.apply(entry))
        }
        expect(twin.hash()).toBe(log.farm.hash())
        expect(chunksOf(twin)).toEqual(chunksOf(log.farm))
        expect(twin.audit()).toEqual([])
      }),
      { numRuns: 60 }
    )
  })

  it('is the state as of the call, whatever is applied between two chunks', () => {
    fc.assert(
      fc.property(randomCommands({ min: 30 }), randomCommands({ min: 30 }), fc.nat(5), (before, after, perChunk) => {
        const log = new Log()
        for (const draft of before) log.command(commandFrom(draft), draft.more)
        const hash = log.farm.hash()
        const backup = [...log.farm.backup().chunks].join('')
        const snapshot = log.farm.snapshot()
        const file = log.farm.backup()
        const chunks: string[] = []
        const rest = [...after]
        for (let next = snapshot.chunks.next(); !next.done; next = snapshot.chunks.next()) {
          chunks.push(next.value)
          for (const draft of rest.splice(0, perChunk)) log.command(commandFrom(draft), draft.more)
        }
        expect(Farm.restore(chunks).hash()).toBe(hash)
        expect([...file.chunks].join('')).toBe(backup)
        expect(log.farm.audit()).toEqual([])
      }),
      { numRuns: 100 }
    )
  })

  it('a snapshot of many chunks is consistent while records change, come and go', () => {
    const log = smallFarm()
    for (let i = 0; i < 5000; i++) log.job(`j${i}`, 0.1)
    const hash = log.farm.hash()
    const { chunks } = log.farm.snapshot()
    const taken: string[] = []
    let turn = 0
    for (let next = chunks.next(); !next.done; next = chunks.next()) {
      taken.push(next.value)
      expect(next.value.length).toBeLessThanOrEqual(CHUNK_CHARS_MAX)
      for (let i = turn++; i < 5000; i += 8) {
        if (log.farm.job(`j${i}`) !== null) log.ok({ type: 'job.delete', id: `j${i}` })
        log.job(`k${turn}-${i}`, 0.01)
        log.command({ type: 'job.setStatus', id: `j${i + 1}`, status: 'Cancelled' })
      }
    }
    expect(taken.length).toBeGreaterThan(4)
    expect(Farm.restore(taken).hash()).toBe(hash)
    expect(log.farm.audit()).toEqual([])
  })

  it('a restore of a backup between two chunks does not touch the snapshot', () => {
    const log = fullFarm()
    const backup: unknown = JSON.parse([...smallFarm().farm.backup().chunks].join(''))
    const hash = log.farm.hash()
    const { chunks } = log.farm.snapshot()
    const taken = [chunks.next().value as string]
    log.ok({ type: 'restore', backup })
    log.printer('after')
    expect(Farm.restore([...taken, ...chunks]).hash()).toBe(hash)
  })

  it('a snapshot given up holds on to nothing and gives no more', () => {
    const log = smallFarm()
    const unstarted = log.farm.snapshot()
    const started = log.farm.snapshot()
    started.chunks.next()
    unstarted.close()
    started.close()
    expect([...started.chunks, ...unstarted.chunks]).toEqual([])
    expect(log.farm.audit()).toEqual([])
  })

  it('no chunk is too long, even when every text is as long as may be', () => {
    const log = smallFarm()
    const filepath = '\u0001'.repeat(4096)
    for (let i = 0; i < 40; i++) log.ok({ ...jobCreate(`j${i}`, 0.1), filepath })
    const chunks = chunksOf(log.farm)
    expect(Math.max(...chunks.map(({ length }) => length))).toBeLessThanOrEqual(CHUNK_CHARS_MAX)
    expect(Farm.restore(chunks).hash()).toBe(log.farm.hash())
  })
})

describe('a snapshot that cannot be read', () => {
  const load = (chunks: readonly string[]): (() => unknown) => {
    return () => Farm.restore(chunks)
  }
  const whole = chunksOf(fullFarm().farm)

  it('is refused when a chunk is missing, torn or comes twice', () => {
    for (let i = 0; i < whole.length; i++) {
      expect(load(whole.toSpliced(i, 1)), `without chunk ${i}`).toThrow(SnapshotUnreadable)
      expect(load(whole.with(i, whole[i]?.slice(0, -1) ?? '')), `chunk ${i} torn`).toThrow(SnapshotUnreadable)
      expect(load(whole.toSpliced(i, 0, whole[i] ?? '')), `chunk ${i} twice`).toThrow(SnapshotUnreadable)
    }
    expect(load([])).toThrow(SnapshotUnreadable)
  })

  it('is refused when its version or its sections are not known', () => {
    const later = whole.with(0, (whole[0] ?? '').replace('"raft3d-farm",1', '"raft3d-farm",2'))
    expect(load(later)).toThrow('version 2; this program reads 1')
    expect(load(whole.toSpliced(1, 0, '["spools",[1]]'))).toThrow('unknown section, spools')
    expect(load(['["other",1,{}]'])).toThrow('not a snapshot of a farm')
    expect(load(['["raft3d-farm",1,{}]'])).toThrow('heading')
    expect(load(['{}'])).toThrow('not an array')
  })

  it('a loader that has not seen the end does not give a farm', () => {
    const loader = new FarmLoader()
    for (const chunk of whole.slice(0, -1)) loader.push(chunk)
    expect(() => loader.finish()).toThrow('not whole')
    loader.push(whole.at(-1) ?? '')
    expect(loader.finish().audit()).toEqual([])
  })
})

describe('the hash', () => {
  it('the same entries give the same hash and the same answers on two farms', () => {
    fc.assert(
      fc.property(randomCommands({ min: 20 }), (drafts) => {
        const log = new Log()
        const answers = drafts.map((draft) => log.command(commandFrom(draft), draft.more))
        const twin = new Farm()
        const copies = structuredClone(log.entries).map((entry, i) => twin.apply(i + 1, entry))
        expect(copies.slice(1)).toEqual(answers)
        expect(twin.hash()).toBe(log.farm.hash())
      }),
      { numRuns: 60 }
    )
  })

  it('differs for every single value that a snapshot holds', () => {
    const chunks = chunksOf(fullFarm().farm).map((chunk) => JSON.parse(chunk) as unknown[])
    const written = (): readonly string[] => chunks.map((chunk) => JSON.stringify(chunk))
    const hashes = new Set([Farm.restore(written()).hash()])
    let variants = 1
    const vary = (holder: unknown[], place: number): void => {
      const value = holder[place]
      if (Array.isArray(value)) return value.forEach((_, i) => vary(value, i))
      if (typeof value === 'object' && value !== null) return
      holder[place] = typeof value === 'number' ? value + 1 : value === null ? 7 : `${value as string}x`
      const hash = hashIfReadable(written())
      if (hash !== null) hashes.add(hash)
      if (hash !== null) variants++
      holder[place] = value
    }
    for (const chunk of chunks.slice(1, -1)) chunk.forEach((_, row) => row > 0 && vary(chunk, row))
    expect(variants).toBeGreaterThan(130)
    expect(hashes.size).toBe(variants)
  })

  it.each([
    [{ type: 'printer.update', id: 'p1', set: { company: 'x' } }],
    [{ type: 'printer.update', id: 'p1', set: { model: 'x' } }],
    [{ type: 'printer.update', id: 'p1', set: { name: 'x' } }],
    [{ type: 'filament.update', id: 'f1', set: { type: 'x' } }],
    [{ type: 'filament.update', id: 'f1', set: { color: 'x' } }],
    [{ type: 'filament.update', id: 'f1', set: { remaining_weight_in_grams: 999.999999 } }],
    [{ type: 'filament.update', id: 'f1', set: { total_weight_in_grams: 1000.000001 } }],
    [{ type: 'filament.update', id: 'f1', set: { name: 'x' } }],
    [{ type: 'job.setStatus', id: 'j1', status: 'Running' }],
    [{ type: 'job.setStatus', id: 'j1', status: 'Cancelled' }],
    [{ type: 'job.delete', id: 'j1' }],
    [jobCreate('j9', 10.000001)],
    [{ ...jobCreate('j9'), filepath: '/x' }],
    [{ type: 'token.delete', id: 't1' }],
    [{ type: 'invite.redeem', id: 'i1', hash: sha256('c') }],
    [{ type: 'noSuch' }]
  ])('differs after %j', (command) => {
    const [plain, changed] = [fullFarm(), fullFarm()]
    plain.command(jobCreate('j9'))
    changed.command(command)
    expect(changed.farm.hash()).not.toBe(plain.farm.hash())
  })

  it('covers sessions and idempotency records', () => {
    const hashes = new Set<string>()
    for (const more of [
      {},
      { q: 99 },
      { w: 1 },
      { k: { key: 'z', request: 'x' } },
      { k: { key: 'z', request: 'y' } }
    ]) {
      const log = fullFarm()
      log.command({ type: 'printer.delete', id: 'none' }, more)
      hashes.add(log.farm.hash())
    }
    expect(hashes.size).toBe(5)
  })
})

function hashIfReadable(chunks: readonly string[]): string | null {
  try {
    return Farm.restore(chunks).hash()
  } catch (error) {
    if (error instanceof SnapshotUnreadable) return null
    throw error
  }
}
