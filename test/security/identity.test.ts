import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { fingerprintOf, generateKeyPair, keyFits } from '../../src-main/security/certificate'
import { IdentityDamaged } from '../../src-main/security/damage'
import { adoptIdentity, loadOrCreateIdentity, makeIdentity } from '../../src-main/security/identity'
import { readNodeFile, updateNodeFile } from '../../src-main/security/node-file'

let dir: string
const file = (name: string) => join(dir, name)
const edit = (change: (content: Record<string, unknown>) => void) => {
  const content = JSON.parse(readFileSync(file('node.json'), 'utf8')) as Record<string, unknown>
  change(content)
  writeFileSync(file('node.json'), JSON.stringify(content))
}
const damage = async (): Promise<IdentityDamaged> => {
  const error: unknown = await loadOrCreateIdentity(dir).catch((e: unknown) => e)
  expect(error).toBeInstanceOf(IdentityDamaged)
  return error as IdentityDamaged
}

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'raft3d-identity-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

describe('identity', () => {
  test('an empty folder gets an identity, and the next start finds the same', async () => {
    const made = await loadOrCreateIdentity(file('new/folder'))
    expect(made.nodeId).toMatch(/^n-[a-z2-7]{12}$/)
    expect(made.clusterId).toBeNull()
    expect(made.fingerprint).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/)
    expect(made.fingerprint).toBe(fingerprintOf(made.cert))
    expect(keyFits(made)).toBe(true)
    expect(await loadOrCreateIdentity(file('new/folder'))).toEqual(made)
  })

  test.skipIf(process.platform === 'win32')('key and certificate are readable by their owner only', async () => {
    await loadOrCreateIdentity(dir)
    for (const name of ['node.key', 'node.crt']) expect(statSync(file(name)).mode & 0o777).toBe(0o600)
    chmodSync(file('node.key'), 0o644)
    await loadOrCreateIdentity(dir)
    expect(statSync(file('node.key')).mode & 0o777).toBe(0o600)
  })

  test('no two identities are alike', async () => {
    const [a, b] = [await loadOrCreateIdentity(file('a')), await loadOrCreateIdentity(file('b'))]
    expect(a.nodeId).not.toBe(b.nodeId)
    expect(a.fingerprint).not.toBe(b.fingerprint)
  })

  test('another identity takes the folder whole, and keeps what others wrote but for what it changes', async () => {
    const old = await loadOrCreateIdentity(dir)
    updateNodeFile(dir, { cluster_id: 'c-1', name: 'lab', formed: true, peers: {} })
    const renewed = await makeIdentity()
    adoptIdentity(dir, renewed, { formed: undefined, peers: undefined })
    expect(renewed.nodeId).not.toBe(old.nodeId)
    expect(renewed.fingerprint).not.toBe(old.fingerprint)
    expect(renewed.clusterId).toBeNull()
    expect(await loadOrCreateIdentity(dir)).toEqual(renewed)
    expect(readNodeFile(dir)).toMatchObject({ name: 'lab', cluster_id: null })
    expect(readNodeFile(dir)).not.toHaveProperty('formed')
    expect(readNodeFile(dir)).not.toHaveProperty('peers')
    expect(existsSync(file('node.key.next'))).toBe(false)
  })

  test('a crash while an identity is adopted leaves the old identity or the new one, whole', async () => {
    const old = await loadOrCreateIdentity(dir)
    const next = await generateKeyPair('n-next')
    // Before node.json was replaced: the old one, and the rest is swept away.
    writeFileSync(file('node.key.next'), next.key)
    expect(await loadOrCreateIdentity(dir)).toEqual(old)
    writeFileSync(file('node.key.next'), next.key)
    writeFileSync(file('node.crt.next'), next.cert)
    expect(await loadOrCreateIdentity(dir)).toEqual(old)
    expect(existsSync(file('node.crt.next'))).toBe(false)
    // After it: the new one.
    for (const keyAdopted of [false, true]) {
      writeFileSync(file('node.key.next'), next.key)
      writeFileSync(file('node.crt.next'), next.cert)
      writeFileSync(file('node.key'), old.key)
      writeFileSync(file('node.crt'), old.cert)
      edit((content) => Object.assign(content, { node_id: 'n-next', fingerprint: fingerprintOf(next.cert) }))
      if (keyAdopted) renameSync(file('node.key.next'), file('node.key'))
      expect(await loadOrCreateIdentity(dir)).toMatchObject({ nodeId: 'n-next', ...next })
    }
  })

  test('an update keeps keys that it does not know', async () => {
    await loadOrCreateIdentity(dir)
    edit((content) => Object.assign(content, { from_the_future: { a: 1 } }))
    const updated = updateNodeFile(dir, { pid: 42, ports: { api: 1, rpc: 2 }, addresses: { api: 'a:1', rpc: 'a:2' } })
    expect(updated).toMatchObject({ pid: 42, ports: { api: 1, rpc: 2 }, from_the_future: { a: 1 } })
    expect(readNodeFile(dir)).toEqual(updated)
  })
})

describe('a damaged identity is refused with its file, the reason and a remedy', () => {
  beforeEach(() => loadOrCreateIdentity(dir))

  test.each([
    ['not JSON', (text: string) => text.slice(0, 20), /not JSON/],
    ['an array', () => '[]', /not an object/],
    ['no version', () => '{}', /version/],
    ['no node id', (text: string) => text.replace('"node_id"', '"x"'), /node_id/],
    ['a newer version', (text: string) => text.replace('"version": 1', '"version": 2'), /newer version/]
  ])('node.json: %s', async (_name, change, reason) => {
    writeFileSync(file('node.json'), change(readFileSync(file('node.json'), 'utf8')))
    const error = await damage()
    expect(error.file).toBe(file('node.json'))
    expect(error.message).toMatch(reason)
    expect(error.remedy.length).toBeGreaterThan(10)
  })

  test('node.json gone while the log is there', async () => {
    rmSync(file('node.json'))
    mkdirSync(file('raft'))
    writeFileSync(file('raft/log.db'), 'x')
    expect((await damage()).message).toMatch(/node\.json: it does not exist, but raft\/ holds data/)
  })

  test.each(['node.key', 'node.crt'])('%s gone, cut short, or of another node', async (name) => {
    const other = await generateKeyPair('n-other')
    const whole = readFileSync(file(name))
    rmSync(file(name))
    expect(await damage()).toMatchObject({ file: file(name), reason: 'it does not exist' })
    writeFileSync(file(name), whole.subarray(0, 60))
    expect((await damage()).file).toBe(file(name))
    writeFileSync(file(name), name === 'node.key' ? other.key : other.cert)
    expect((await damage()).file).toBe(file(name))
  })
})
