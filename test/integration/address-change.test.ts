/** A machine comes back under another address, as after a new lease: the others find it, unasked. */
import { createServer, type AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { NodeProcess, ProcessCluster, until, type ClusterView } from '../support/processes'

const cluster = new ProcessCluster()
const moved: NodeProcess[] = []
beforeAll(async () => void (await cluster.form(3)))
afterAll(async () => {
  await Promise.all(moved.map((node) => node.kill()))
  await cluster.end()
})

it('nodes that come back on other ports are members as before', { timeout: 120_000 }, async () => {
  for (const index of [0, 2]) {
    const old = cluster.nodes[index]!
    const id = old.identity().node_id
    await old.stop()
    const back = new NodeProcess(old.name, old.dataDir, [
      '--api',
      await freeAddress(),
      '--rpc',
      await freeAddress(),
      '--no-discovery'
    ])
    moved.push(back)
    await back.start()
    expect(back.rpc).not.toBe(old.rpc)
    await until('all know the new address', async () => {
      const others = [...moved, ...cluster.running()]
      const views = await Promise.all(others.map((node) => node.json<ClusterView>('/cluster')))
      return views.every(({ members }) => members.find((member) => member.id === id)?.rpc_address === back.rpc)
    })
    await back.json('/printers', { method: 'POST', json: { id: `p${index}`, company: 'Prusa', model: 'MK4' } })
  }
  // Now the two that moved must find each other when the third is gone.
  await cluster.nodes[1]!.kill()
  await until('the moved ones serve', async () => (await moved[1]!.fetch('/printers/p0')).status === 200)
})

/** HOST:PORT that nobody listens on. */
async function freeAddress(): Promise<string> {
  const server = createServer()
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { address, port } = server.address() as AddressInfo
  await new Promise((closed) => server.close(closed))
  return `${address}:${port}`
}
