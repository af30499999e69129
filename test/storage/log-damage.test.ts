/** Damage of a stored log: a torn tail is cut, anything else is refused and nothing on disk is changed. */
import { describe, expect, test } from 'vitest'
import { asIndex, asTerm, type RecoveredState } from '../../src-main/raft/types'
import { sealLine } from '../../src-main/storage/checked-line'
import { toDocument } from '../../src-main/storage/log-record'
import { createNedbLogStore } from '../../src-main/storage/nedb-log-store'
import { StorageDamaged } from '../../src-main/storage/ports'
import { CrashableDisk } from './crashable-disk'
import { entries, entry, HARD_TEXT, hardState, record } from './samples'

const DIR = '/raft'
const name = (number: number): string => `${DIR}/log-${String(number).padStart(10, '0')}.db`
const open = (disk: CrashableDisk, segmentBytes = 900) =>
  createNedbLogStore({ disk, dir: DIR, segmentBytes, ballastBytes: 0 })

const recover = async (disk: CrashableDisk): Promise<RecoveredState> => {
  const store = open(disk)
  const state = await store.recover()
  await store.close()
  return state
}

const stateOf = (disk: CrashableDisk): string =>
  disk
    .paths()
    .map((path) => `${path}\n${(disk.contents(path) as Buffer).toString('latin1')}`)
    .join('\n')

/** Recovers from a copy: the state, or the damage after checking that the disk is what it was. */
const attempt = async (disk: CrashableDisk): Promise<RecoveredState | StorageDamaged> => {
  const before = stateOf(disk)
  try {
    return await recover(disk)
  } catch (error) {
    if (!(error instanceof StorageDamaged)) throw error
    if (stateOf(disk) !== before) expect.fail(`${error.message}, and the disk was changed`)
    return error
  }
}

/** Three segments; the last holds three records. States after each record. */
const sample = async (): Promise<{ disk: CrashableDisk; after: RecoveredState[] }> => {
  const disk = new CrashableDisk()
  const after: RecoveredState[] = []
  const store = open(disk)
  await store.recover()
  const log = []
  for (let i = 1; i <= 9; i++) {
    const added = entry(i, 1, `${HARD_TEXT[i % HARD_TEXT.length]}${'x'.repeat(60)}`)
    log.push(added)
    await store.append(record(hardState(1, 'n1', i - 1), [added]))
    after.push({ hardState: hardState(1, 'n1', i - 1), snapshot: null, entries: [...log] })
  }
  await store.close()
  return { disk, after }
}

const refusal = async (disk: CrashableDisk): Promise<StorageDamaged> => {
  const result = await attempt(disk)
  expect(result).toBeInstanceOf(StorageDamaged)
  return result as StorageDamaged
}

describe('torn tail', () => {
  test('the last record torn at every byte position leaves the acknowledged prefix', async () => {
    const { disk, after } = await sample()
    const path = disk.paths().at(-1) as string
    const bytes = disk.contents(path) as Buffer
    const lastLine = bytes.lastIndexOf('\n', bytes.length - 2) + 1
    expect(lastLine).toBeGreaterThan(0)
    for (let end = lastLine; end < bytes.length; end++) {
      const torn = disk.copy()
      torn.put(path, bytes.subarray(0, end))
      expect(await recover(torn), `torn at ${end}`).toEqual(after.at(-2))
      expect(torn.contents(path)?.length, 'the tail is cut').toBe(lastLine)
    }
    expect(await recover(disk)).toEqual(after.at(-1))
  })

  test('the first record of a segment torn at every byte position: begun again, the log before it stays', async () => {
    const disk = new CrashableDisk()
    const store = open(disk, 300)
    await store.recover()
    for (let i = 1; i <= 2; i++) await store.append(record(hardState(1), entries(i, i, 1)))
    await store.close()
    const path = disk.paths().at(-1) as string
    const bytes = disk.contents(path) as Buffer
    expect(bytes.indexOf('\n')).toBe(bytes.length - 1)
    for (let end = 0; end < bytes.length; end++) {
      const torn = disk.copy()
      torn.put(path, bytes.subarray(0, end))
      expect((await recover(torn)).entries).toEqual(entries(1, 1, 1))
      const again = open(torn, 300)
      await again.recover()
      await again.append(record(hardState(1), entries(2, 4, 1)))
      await again.close()
      expect((await recover(torn)).entries).toEqual(entries(1, 4, 1))
    }
  })

  test('the very first record torn at every byte position: a new log', async () => {
    const disk = new CrashableDisk()
    await recover(disk)
    const bytes = disk.contents(name(1)) as Buffer
    for (let end = 0; end < bytes.length; end++) {
      const torn = disk.copy()
      torn.put(name(1), bytes.subarray(0, end))
      expect(await recover(torn)).toEqual({ hardState: hardState(0), snapshot: null, entries: [] })
    }
  })

  test('sectors of the last record that never arrived and read as zeros: cut', async () => {
    const disk = new CrashableDisk()
    const store = open(disk, 1 << 20)
    await store.recover()
    await store.append(record(hardState(1), entries(1, 5, 1)))
    const start = (disk.contents(name(1)) as Buffer).length
    await store.append(record(hardState(1), [entry(6, 1, 'y'.repeat(2600))]))
    await store.close()
    const bytes = disk.contents(name(1)) as Buffer
    const sectors = Math.ceil(bytes.length / 512)
    for (let lost = 1; lost < 1 << sectors; lost++) {
      const holed = Buffer.from(bytes)
      for (let sector = 0; sector < sectors; sector++) {
        if ((lost >> sector) & 1)
          holed.fill(0, Math.max(start, sector * 512), Math.min(bytes.length, (sector + 1) * 512))
      }
      if (holed.equals(bytes)) continue
      const torn = disk.copy()
      torn.put(name(1), holed)
      expect((await recover(torn)).entries).toEqual(entries(1, 5, 1))
    }
  })

  test('zeros that do not end where sectors do were not left by a torn write: refused', async () => {
    const { disk } = await sample()
    const path = disk.paths().at(-1) as string
    const bytes = Buffer.from(disk.contents(path) as Buffer)
    bytes.fill(0, bytes.length - 40, bytes.length - 30)
    disk.put(path, bytes)
    expect((await refusal(disk)).reason).toContain('zeros')
  })

  test('zeroed sectors in a record that others follow are damage, not a torn write', async () => {
    const disk = new CrashableDisk()
    const store = open(disk, 1 << 20)
    await store.recover()
    await store.append(record(hardState(1), [entry(1, 1, 'y'.repeat(2600))]))
    await store.append(record(hardState(1), entries(2, 2, 1)))
    await store.close()
    const bytes = Buffer.from(disk.contents(name(1)) as Buffer)
    bytes.fill(0, 1024, 1536)
    disk.put(name(1), bytes)
    expect((await refusal(disk)).reason).toContain('more records follow')
  })

  test('after a torn tail the log goes on, and the cut was durable before', async () => {
    const { disk, after } = await sample()
    const path = disk.paths().at(-1) as string
    const bytes = disk.contents(path) as Buffer
    disk.put(path, bytes.subarray(0, bytes.length - 7))
    const store = open(disk)
    await store.recover()
    disk.crash(() => 0)
    const again = open(disk)
    expect(await again.recover()).toEqual(after.at(-2))
    await again.append(record(hardState(2), entries(9, 10, 2)))
    await again.close()
    expect((await recover(disk)).entries.slice(-2)).toEqual(entries(9, 10, 2))
  })
})

describe('damage', () => {
  const logs: Record<string, () => Promise<CrashableDisk>> = {
    'several segments': async () => (await sample()).disk,
    'a last segment of one record': async () => {
      const disk = new CrashableDisk()
      const store = open(disk, 300)
      await store.recover()
      for (let i = 1; i <= 2; i++) await store.append(record(hardState(1, 'n1'), entries(i, i, 1)))
      await store.close()
      return disk
    },
    'one record': async () => {
      const disk = new CrashableDisk()
      await recover(disk)
      return disk
    },
    'a log after a reset': async () => {
      const disk = new CrashableDisk()
      const store = open(disk)
      await store.recover()
      await store.append(record(hardState(1), entries(1, 2, 1)))
      await store.reset({ index: asIndex(8), term: asTerm(2) }, hardState(2, null, 8))
      await store.append(record(hardState(2, 'n1', 8), entries(9, 9, 2)))
      await store.close()
      return disk
    }
  }

  test.each(Object.entries(logs))('every single-bit flip in %s is refused with file and reason', async (_, make) => {
    const disk = await make()
    for (const path of disk.paths()) {
      const bits = (disk.contents(path) as Buffer).length * 8
      for (let bit = 0; bit < bits; bit++) {
        const flipped = disk.copy()
        flipped.flipBit(path, bit)
        const result = await attempt(flipped)
        if (result instanceof StorageDamaged && result.file === path && result.reason !== '' && result.remedy !== '')
          continue
        expect.fail(`bit ${bit} of ${path}: ${JSON.stringify(result)}`)
      }
    }
  })

  test('a segment that is missing in the middle', async () => {
    const { disk } = await sample()
    disk.remove(name(2))
    const damage = await refusal(disk)
    expect(damage.file).toBe(name(2))
    expect(damage.reason).toContain('missing')
  })

  test('a segment that was put in the place of another', async () => {
    const { disk } = await sample()
    disk.put(name(3), disk.contents(name(2)) as Buffer)
    expect(await refusal(disk)).toMatchObject({ file: name(3), reason: expect.stringContaining('segment 2') })
  })

  test('a segment that is there twice', async () => {
    const { disk } = await sample()
    const last = disk.paths().length
    disk.put(name(last + 1), disk.contents(name(last)) as Buffer)
    expect((await refusal(disk)).file).toBe(name(last + 1))
  })

  test('a record that is missing, doubled or moved', async () => {
    const { disk } = await sample()
    const lines = (disk.contents(name(1)) as Buffer).toString('latin1').split('\n').slice(0, -1)
    expect(lines.length).toBeGreaterThan(2)
    const variants = [
      [lines[0], ...lines.slice(2)],
      [lines[0], lines[1], ...lines.slice(1)],
      [lines[0], lines[2], lines[1], ...lines.slice(3)]
    ]
    for (const variant of variants) {
      const altered = disk.copy()
      altered.put(name(1), Buffer.from(`${variant.join('\n')}\n`, 'latin1'))
      expect((await refusal(altered)).file).toBe(name(1))
    }
  })

  test('a torn or empty segment with others behind it', async () => {
    const { disk } = await sample()
    const bytes = disk.contents(name(2)) as Buffer
    for (const end of [0, 10, bytes.length - 1]) {
      const torn = disk.copy()
      torn.put(name(2), bytes.subarray(0, end))
      expect((await refusal(torn)).file).toBe(name(2))
    }
  })

  test('the beginning of any line that has no end: cut', async () => {
    const { disk } = await sample()
    const path = disk.paths().at(-1) as string
    const bytes = disk.contents(path) as Buffer
    const lastLine = bytes.subarray(bytes.lastIndexOf('\n', bytes.length - 2) + 1)
    const whole = await recover(disk.copy())
    for (const unfinished of [lastLine.subarray(0, 1), lastLine.subarray(0, lastLine.length >> 1), '{"_id":"x","te']) {
      const torn = disk.copy()
      torn.put(path, Buffer.concat([bytes, Buffer.from(unfinished)]))
      expect(await recover(torn), String(unfinished)).toEqual(whole)
      expect(torn.contents(path)).toEqual(bytes)
    }
  })

  test('what another program wrote at the end of the log', async () => {
    const { disk } = await sample()
    const path = disk.paths().at(-1) as string
    for (const foreign of ['hello', 'hello\n', '\n', '\n\n', '\0', '{"_id":"x"}\n', '\u00ff\u00fe']) {
      const altered = disk.copy()
      altered.put(path, Buffer.concat([disk.contents(path) as Buffer, Buffer.from(foreign, 'latin1')]))
      const result = await attempt(altered)
      if (foreign === '\0') expect(result).not.toBeInstanceOf(StorageDamaged)
      else expect(result, JSON.stringify(foreign)).toBeInstanceOf(StorageDamaged)
    }
  })

  test('an unfinished last record with a byte that no record has', async () => {
    const { disk } = await sample()
    const path = disk.paths().at(-1) as string
    const bytes = Buffer.from(disk.contents(path) as Buffer).subarray(0, -9)
    bytes[bytes.length - 3] = 0x07
    disk.put(path, bytes)
    expect((await refusal(disk)).reason).toContain('cannot be in it')
  })

  test('a segment of another history of the same length', async () => {
    const { disk } = await sample()
    const other = new CrashableDisk()
    const store = open(other)
    await store.recover()
    for (let i = 1; i <= 9; i++) {
      const data = `${HARD_TEXT[i % HARD_TEXT.length]}${'z'.repeat(60)}`
      await store.append(record(hardState(1, 'n1', i - 1), [entry(i, 1, data)]))
    }
    await store.close()
    disk.put(name(2), other.contents(name(2)) as Buffer)
    expect(await refusal(disk)).toMatchObject({ file: name(2), reason: expect.stringContaining('does not continue') })
  })

  test('records with right checksums that do not make a log', async () => {
    const disk = new CrashableDisk()
    await recover(disk)
    const start = disk.contents(name(1)) as Buffer
    const prev = start.toString('latin1').slice(-11, -3)
    const good = toDocument(2, prev, null, hardState(1), entries(1, 2, 1))
    const wrong: [string, object][] = [
      ['log ends at 0', toDocument(2, prev, null, hardState(1), entries(2, 3, 1))],
      ['has number 3', toDocument(3, prev, null, hardState(1), entries(1, 2, 1))],
      ['does not continue', toDocument(2, '00000000', null, hardState(1), entries(1, 2, 1))],
      ['begins another', toDocument(2, prev, { segment: 1, base: 0, baseTerm: 0, reset: false }, hardState(1), [])],
      ...[
        { count: 3 },
        { entries: 't1c4|e1.1e2.1' },
        { entries: 't1c4c4|e1.1e2.1x' },
        { entries: 't1x4c4|e1.1e2.1' },
        { entries: 'tc4c4|e1.1e2.1' },
        { entries: 'c4c4' },
        { vote: 7 },
        { commit: -1 },
        { term: 1.5 },
        { first: '1' }
      ].map((change): [string, object] => ['is not a log record', { ...good, ...change }])
    ]
    for (const [reason, document] of wrong) {
      const altered = disk.copy()
      altered.put(name(1), Buffer.concat([start, sealLine(document).line]))
      expect((await refusal(altered)).reason, JSON.stringify(document)).toContain(reason)
    }
    disk.put(name(1), Buffer.concat([start, sealLine(good).line]))
    expect((await recover(disk)).entries).toEqual(entries(1, 2, 1))
  })

  test('a segment that claims another start than the end of the one before', async () => {
    const disk = new CrashableDisk()
    await recover(disk)
    const prev = (disk.contents(name(1)) as Buffer).toString('latin1').slice(-11, -3)
    for (const [base, baseTerm] of [
      [7, 0],
      [0, 1]
    ] as const) {
      const head = { segment: 2, base, baseTerm, reset: false }
      disk.put(name(2), sealLine(toDocument(2, prev, head, hardState(1), [])).line)
      expect((await refusal(disk)).reason).toContain('ends at')
    }
  })

  test('a later format is refused by name', async () => {
    const { disk } = await sample()
    const text = (disk.contents(name(1)) as Buffer).toString('latin1').replace('raft3d-log/1', 'raft3d-log/2')
    disk.put(name(1), Buffer.from(text, 'latin1'))
    const damage = await refusal(disk)
    expect(damage.reason).toContain('raft3d-log/2')
    expect(damage.remedy).toContain('version')
  })

  test('a segment that the disk cannot read', async () => {
    const { disk } = await sample()
    disk.before = ({ kind, path }) => {
      if (kind === 'read' && path === name(2)) throw Object.assign(new Error('EIO'), { code: 'EIO' })
    }
    const damage = await open(disk)
      .recover()
      .catch((error: unknown) => error)
    expect(damage).toMatchObject({ file: name(2), reason: 'the disk cannot read it' })
  })

  test('files of others in the folder are ignored and left alone', async () => {
    const { disk, after } = await sample()
    const foreign = [
      'notes.txt',
      'log-1.db',
      'log-0000000009.db~',
      'log-0000000009.db.bak',
      'xlog-0000000009.db',
      'ballast'
    ]
    for (const other of foreign) disk.put(`${DIR}/${other}`, Buffer.from('whatever'))
    expect(await recover(disk)).toEqual(after.at(-1))
    for (const other of foreign) expect(disk.contents(`${DIR}/${other}`)?.toString()).toBe('whatever')
  })

  test('a lone segment whose records are gone is no new log', async () => {
    const { disk } = await sample()
    disk.remove(name(1))
    disk.remove(name(2))
    for (const path of disk.paths()) disk.put(path, Buffer.alloc(0))
    expect((await refusal(disk)).file).toBe(name(3))
  })
})
