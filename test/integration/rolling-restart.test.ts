/** Every node is restarted in turn under load, in order (SIGTERM); and all of them at once, without (SIGKILL). */
import { describe, expect, it } from 'vitest'
import { ProcessCluster, until } from '../support/processes'
import { FULL_TRIAL, milliseconds, report, sized } from '../support/trial'
import { pause, WriteLoad } from '../support/write-load'

const ROUNDS = sized(1, 3)
const SIZES = FULL_TRIAL ? [3, 5] : [3]

describe.each(SIZES)('%i nodes', (size) => {
  it(`fail no request over ${ROUNDS} rolling restarts`, { timeout: 300_000 }, async () => {
    const cluster = new ProcessCluster()
    try {
      await cluster.form(size)
      const load = await new WriteLoad(cluster.nodes).begin()
      const gaps: number[] = []
      const codes: (number | null)[] = []
      for (let round = 0; round < ROUNDS; round++) {
        for (const node of cluster.nodes) {
          await pause(200)
          // What it has taken must still be answered; nothing new comes to it.
          load.turnTo(cluster.nodes.filter((other) => other !== node))
          const from = performance.now()
          codes.push(await node.stop())
          gaps.push(load.longestGap(from, performance.now()))
          await node.start()
          await until('it serves again', async () => (await fetch(`${node.url}/readyz`)).status === 200)
          load.turnTo(cluster.nodes)
        }
      }
      await load.end()
      report(`${ROUNDS} × rolling restart of ${size} nodes, 16 clients`, [
        await load.figure(cluster.nodes[0]!),
        { what: 'longest write gap, worst', seen: milliseconds(Math.max(...gaps)) }
      ])
      expect(codes.every((code) => code === 0)).toBe(true)
      for (const node of cluster.nodes) await load.verify(node)
    } finally {
      await cluster.end()
    }
  })

  it('are stopped in turn, and clients that turn to another node see no error', { timeout: 300_000 }, async () => {
    const cluster = new ProcessCluster()
    try {
      await cluster.form(size)
      // They go on asking the node that stops, and while it is down.
      const load = await new WriteLoad(cluster.nodes, 16, 'elsewhere', true).begin()
      const from = performance.now()
      for (let round = 0; round < ROUNDS; round++) {
        for (const node of cluster.nodes) {
          await pause(200)
          expect(await node.stop()).toBe(0)
          await pause(200)
          await node.start()
          await until('it serves again', async () => (await fetch(`${node.url}/readyz`)).status === 200)
        }
      }
      const to = performance.now()
      await load.end()
      report(`${ROUNDS} × each of ${size} nodes stopped, clients go on asking all`, [
        await load.figure(cluster.nodes[0]!),
        { what: 'asked elsewhere', seen: [...load.again].map(([why, count]) => `${count} × ${why}`).join(', ') },
        { what: 'longest write gap', seen: milliseconds(load.longestGap(from, to)) }
      ])
      for (const node of cluster.nodes) await load.verify(node)
    } finally {
      await cluster.end()
    }
  })

  it('lose nothing that was acknowledged when all are killed at once', { timeout: 300_000 }, async () => {
    const cluster = new ProcessCluster()
    try {
      await cluster.form(size)
      const acknowledged = new Set<string>()
      for (let round = 0; round < sized(1, 5); round++) {
        const load = new WriteLoad(cluster.nodes, 16, `all-${round}`)
        await (round === 0 ? load.begin() : load.resume())
        await pause(sized(400, 1000))
        await Promise.all(cluster.nodes.map((node) => node.kill()))
        await load.end()
        // What was under way may or may not be done; only what was acknowledged is owed.
        load.failed.length = 0
        await Promise.all(cluster.nodes.map((node) => node.start()))
        await until('it serves again', async () => (await fetch(`${cluster.nodes[0]!.url}/readyz`)).status === 200)
        for (const node of cluster.nodes) await load.verify(node)
        for (const tag of load.acknowledged.keys()) acknowledged.add(tag)
      }
      report(`${sized(1, 5)} × kill -9 of all ${size} nodes`, [
        { what: 'acknowledged', seen: `${acknowledged.size}, none lost, none doubled`, bar: '0 lost' }
      ])
    } finally {
      await cluster.end()
    }
  })
})
