import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Member } from '../../src-main/membership/member'
import { Whereabouts } from '../../src-main/membership/whereabouts'
import { asNodeId, type MemberInfo } from '../../src-main/raft/types'
import { Failure } from '../../src-main/runtime/replica'
import { readNodeFile, writeNodeFile } from '../../src-main/security/node-file'

const INFO: MemberInfo = { name: 'bench', rpcAddress: '10.0.0.5:7601', apiAddress: '10.0.0.5:8080', fingerprint: 'f' }

describe('Whereabouts', () => {
  let dataDir: string
  let known: MemberInfo
  let others: Record<string, MemberInfo>
  let host: string
  let changing: boolean
  let started: Whereabouts[]
  const rebind = vi.fn(async (to: string) => void (host = to))
  const updateMember = vi.fn(async (_id: string, info: MemberInfo) => void (known = info))
  const log = { trace: vi.fn(), debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn(), fatal: vi.fn() }

  const whereabouts = (rpc: { host: string; port: number } | null = null): Whereabouts => {
    const member = {
      id: 'n1',
      clusterId: 'c1',
      info: () => ({ ...INFO, rpcAddress: `${host === '0.0.0.0' ? '10.0.0.5' : host}:7601` }),
      transport: { address: () => ({ host, port: 7601 }), rebind },
      replica: { raftStatus: () => ({ configuration: { members: { n1: known, ...others } } }), updateMember }
    } as unknown as Member
    const made = new Whereabouts({
      dataDir,
      member: () => member,
      apiPort: () => 8080,
      rpc,
      discovery: false,
      changing: () => changing,
      log
    })
    started.push(made)
    return made
  }

  beforeEach(() => {
    vi.useFakeTimers()
    vi.clearAllMocks()
    dataDir = mkdtempSync(join(tmpdir(), 'whereabouts-'))
    const fingerprint = Array.from({ length: 32 }, () => 'AB').join(':')
    const created = { created_at: '2026-01-01T00:00:00Z', cluster_id: 'c1', fingerprint }
    writeNodeFile(dataDir, { version: 1, node_id: asNodeId('n1'), ...created })
    known = INFO
    others = {}
    host = '127.0.0.1'
    changing = false
    started = []
  })
  afterEach(async () => {
    for (const one of started) await one.stop()
    vi.useRealTimers()
    rmSync(dataDir, { recursive: true })
  })

  it('tells the cluster an address that differs from what it knows, and the folder the ports', async () => {
    await whereabouts().start()
    await vi.advanceTimersByTimeAsync(0)
    expect(known.rpcAddress).toBe('127.0.0.1:7601')
    expect(readNodeFile(dataDir)?.ports).toEqual({ api: 8080, rpc: 7601 })
    await vi.advanceTimersByTimeAsync(60_000)
    expect(updateMember).toHaveBeenCalledTimes(1)
  })

  it('waits until the cluster knows where this node is alone, and only there', async () => {
    await whereabouts().start()
    expect(known.rpcAddress).toBe('127.0.0.1:7601')
    others = { n2: INFO }
    known = INFO
    updateMember.mockReturnValueOnce(new Promise(() => {}))
    await whereabouts().start()
    expect(known).toBe(INFO)
  })

  it('notices a new address while it runs, and tells nobody while the member is replaced', async () => {
    await whereabouts().start()
    await vi.advanceTimersByTimeAsync(0)
    host = '10.0.0.9'
    changing = true
    await vi.advanceTimersByTimeAsync(30_000)
    expect(known.rpcAddress).toBe('127.0.0.1:7601')
    changing = false
    await vi.advanceTimersByTimeAsync(30_000)
    expect(known.rpcAddress).toBe('10.0.0.9:7601')
  })

  it('tries again when nobody can be told for want of a quorum', async () => {
    updateMember.mockRejectedValueOnce(new Failure('no_quorum', 'No leader.'))
    await whereabouts().start()
    await vi.advanceTimersByTimeAsync(0)
    expect(known).toBe(INFO)
    await vi.advanceTimersByTimeAsync(30_000)
    expect(known.rpcAddress).toBe('127.0.0.1:7601')
    expect(log.error).not.toHaveBeenCalled()
  })

  it('opens for peers once, however many ask, and remembers it for the next start', async () => {
    const one = whereabouts()
    await Promise.all([one.open(), one.open()])
    await one.open()
    expect(rebind.mock.calls).toEqual([['0.0.0.0', 7601]])
    expect(readNodeFile(dataDir)?.open).toBe(true)
  })

  it('stays where a flag says', async () => {
    await whereabouts({ host: '127.0.0.1', port: 7601 }).open()
    expect(rebind).not.toHaveBeenCalled()
  })

  it('says which port cannot be opened, and what helps', async () => {
    rebind.mockRejectedValueOnce(Object.assign(new Error('in use'), { code: 'EADDRINUSE' }))
    await expect(whereabouts().open()).rejects.toMatchObject({ code: 'internal', detail: /7601.*EADDRINUSE.*--rpc/ })
    expect(readNodeFile(dataDir)?.open).not.toBe(true)
  })
})
