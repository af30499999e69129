/**
 * The leader's disk takes no more: it steps aside at once, loses nothing, and comes back when there is room again.
 * A disk that small takes a mount, and that takes root on Linux.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { NodeProcess, ProcessCluster, until, type ClusterView } from '../support/processes'
import { pause, WriteLoad } from '../support/write-load'

const DISK_MIB = 48
const FLAGS = ['--api', '127.0.0.1:0', '--rpc', '127.0.0.1:0', '--no-discovery']

const cluster = new ProcessCluster()
const disk = mkdtempSync(join(tmpdir(), 'raft3d-disk-'))
const filler = join(disk, 'other-files')
let small: NodeProcess
beforeAll(async () => {
  const { status, stderr, error } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MIB}m`, 'raft3d', disk])
  if (status !== 0) throw new Error(`This trial cannot be run here: mount: ${error?.message ?? String(stderr)}`)
  small = new NodeProcess('node-1', join(disk, 'data'), FLAGS)
  cluster.nodes.push(small)
  await small.start()
  for (let n = 0; n < 2; n++) await cluster.join(await cluster.add(), small)
  await cluster.settled(3, 3)
})
afterAll(async () => {
  await cluster.end()
  spawnSync('umount', [disk])
  rmSync(disk, { recursive: true, force: true })
})

/** What people do with a disk: until nothing more fits. */
function fillDisk(): void {
  for (let bytes = DISK_MIB << 20; bytes >= 4096; bytes >>= 1) {
    try {
      writeFileSync(filler, Buffer.alloc(bytes), { flag: 'a' })
    } catch {
      // Then half as much, perhaps.
    }
  }
}

it('goes on without the machine whose disk is full, and with it when it has room', { timeout: 120_000 }, async () => {
  const others = cluster.nodes.filter((node) => node !== small)
  expect(await cluster.leader()).toBe(small)
  const load = await new WriteLoad(others, 8).begin()
  fillDisk()
  await until('it says that its disk is full', async () => (await fetch(`${small.url}/readyz`)).status === 503, 60_000)
  const answer = await small.fetch('/printers', { method: 'POST', json: { company: 'Prusa', model: 'MK4' } })
  expect([answer.status, await answer.json()]).toMatchObject([503, { code: 'storage_failed' }])
  expect((await small.fetch('/print_jobs?limit=1&consistency=stale')).status).toBe(200)
  await until('another one leads', async () => {
    const view = await others[0]!.json<ClusterView>('/cluster')
    return view.leader_id !== null && view.leader_id !== small.identity().node_id
  })
  await pause(500)
  await load.end()
  for (const node of others) await load.verify(node)

  expect((await (await fetch(`${small.url}/readyz`)).json()) as object).toMatchObject({
    reason: expect.stringContaining('disk is full') as string
  })
  await small.stop()
  rmSync(filler)
  await small.start()
  await cluster.settled(3, 3)
  await until('it has caught up', async () => (await fetch(`${small.url}/readyz`)).status === 200)
  await load.verify(small)
})
