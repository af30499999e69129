/** The leader stands still (SIGSTOP) instead of crashing; when it goes on, it must not believe that it still leads. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ProcessCluster } from '../support/processes'
import { median, milliseconds, report, sized } from '../support/trial'
import { pause, WriteLoad } from '../support/write-load'

const ROUNDS = sized(2, 20)
const STILL_MS = sized(2500, 4000)
const READERS = 8

const cluster = new ProcessCluster()
beforeAll(async () => void (await cluster.form(3)))
afterAll(() => cluster.end())

it(`answers no stale read and loses no write over ${ROUNDS} freezes of the leader`, { timeout: 300_000 }, async () => {
  const load = await new WriteLoad(cluster.nodes).begin()
  const gaps: number[] = []
  const stale: string[] = []
  let answered = 0
  for (let round = 0; round < ROUNDS; round++) {
    const leader = await cluster.leader()
    await load.moveTo(cluster.nodes.filter((node) => node !== leader))
    await pause(300)
    const from = performance.now()
    leader.signal('SIGSTOP')
    await pause(STILL_MS)
    gaps.push(load.longestGap(from, performance.now()))

    // Reads that wait in its sockets when it wakes, and more right after: all must show what was acknowledged.
    const acknowledged = load.latestId
    const read = async () => {
      const answer = await leader.fetch(`/print_jobs/${encodeURIComponent(acknowledged)}`)
      await answer.arrayBuffer()
      if (answer.status === 200) answered++
      else if (answer.status !== 503) stale.push(`round ${round}: ${answer.status}`)
    }
    const waiting = Array.from({ length: READERS }, read)
    await pause(50)
    leader.signal('SIGCONT')
    for (let n = 0; n < READERS; n++) await read()
    await Promise.all(waiting)
    await cluster.settled(3, 3)
  }
  await load.end()
  report(`${ROUNDS} × SIGSTOP of the leader, 16 clients on the followers`, [
    await load.figure(cluster.nodes[0]!),
    { what: 'longest write gap, median', seen: milliseconds(median(gaps)), bar: '≤ 1500 ms' },
    { what: 'longest write gap, worst', seen: milliseconds(Math.max(...gaps)) },
    { what: 'reads of the resumed leader', seen: `${answered} right, ${stale.length} stale`, bar: '0 stale' }
  ])
  expect(stale).toEqual([])
  expect(answered).toBeGreaterThan(0)
  for (const node of cluster.nodes) await load.verify(node)
})
