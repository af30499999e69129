/** Seven machines: five vote, two learn; whoever is gone for good is replaced, and three machines have three voters. */
import { afterAll, expect, it } from 'vitest'
import { ProcessCluster, until, type ClusterView, type NodeProcess } from '../support/processes'
import { milliseconds, report } from '../support/trial'

const ABSENT_SECONDS = 4
const cluster = new ProcessCluster()
afterAll(() => cluster.end())

const viewOf = (node: NodeProcess) => node.json<ClusterView>('/cluster')
async function voters(): Promise<string[]> {
  const view = await viewOf(await cluster.leader())
  return view.members.filter(({ suffrage }) => suffrage === 'voter').map(({ name }) => name)
}
/** So many vote, and all of them are running. */
async function vote(count: number): Promise<boolean> {
  const names = cluster.running().map(({ name }) => name)
  const voting = await voters()
  return voting.length === count && voting.every((name) => names.includes(name))
}

it(
  'five voters and two learners; a learner replaces a voter; three machines, three voters',
  {
    timeout: 240_000
  },
  async () => {
    await cluster.form(7, ['--voter-absent-seconds', String(ABSENT_SECONDS)])
    expect(await voters()).toHaveLength(5)
    await cluster.nodes[6]!.json('/printers', { method: 'POST', json: { id: 'p', company: 'Prusa', model: 'MK4' } })

    const tookMs: number[] = []
    for (const left of [6, 5]) {
      const leader = await cluster.leader()
      const voting = await voters()
      // First the leader, then a follower.
      const lost =
        left === 6 ? leader : cluster.running().find((node) => node !== leader && voting.includes(node.name))!
      const from = performance.now()
      await lost.kill()
      await until(`five of ${left} machines vote`, () => vote(5), 60_000)
      tookMs.push(performance.now() - from)
    }
    // Nobody is left to take the next place: of four machines three vote, and of three, three.
    for (const left of [4, 3]) {
      const leader = await cluster.leader()
      const lost = cluster.running().find((node) => node !== leader)!
      await lost.kill()
      await until(`three of ${left} machines vote`, () => vote(3), 60_000)
    }
    for (const node of cluster.running()) expect((await node.fetch('/printers/p')).status).toBe(200)
    report('seven nodes', [
      {
        what: 'a learner took the place of a lost voter after',
        seen: tookMs.map(milliseconds).join(', '),
        bar: `${ABSENT_SECONDS} s configured`
      }
    ])
  }
)
