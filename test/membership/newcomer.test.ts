import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { forgetNewcomer, newcomerFor } from '../../src-main/membership/newcomer'

const invite = { id: 'i-1', clusterId: 'c-1' }

describe('the identity of a newcomer', () => {
  let dir: string
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'raft3d-'))
  })
  afterEach(() => rmSync(dir, { recursive: true }))

  test('stays the same for one invite, for the answer to the first request may have been lost', async () => {
    const first = await newcomerFor(dir, invite)
    expect(await newcomerFor(dir, invite)).toEqual(first)
    expect(statSync(join(dir, 'joining.json')).mode & 0o777).toBe(0o600)
  })

  test('is another for another invite, and after it was adopted', async () => {
    const first = await newcomerFor(dir, invite)
    const second = await newcomerFor(dir, { ...invite, id: 'i-2' })
    expect(second.nodeId).not.toBe(first.nodeId)
    expect((await newcomerFor(dir, { id: 'i-2', clusterId: 'c-2' })).nodeId).not.toBe(second.nodeId)
    forgetNewcomer(dir)
    expect((await newcomerFor(dir, { id: 'i-2', clusterId: 'c-2' })).nodeId).not.toBe(second.nodeId)
  })

  test('is made anew where the file is damaged', async () => {
    const first = await newcomerFor(dir, invite)
    writeFileSync(join(dir, 'joining.json'), '{"invite": "i-1", "cluster_id": "c-1", "node_id": "n", "key": 1}')
    expect((await newcomerFor(dir, invite)).nodeId).not.toBe(first.nodeId)
  })
})
