/** Somebody brings back a backup, of just now or old by many changes: a command like any other, which concerns every group. */
import type { Outcome } from '../../src-main/farm/types'
import type { ClientWorld } from './clients'
import type { Cluster } from './cluster'
import type { GroupState, GroupView } from './model'
import type { Random } from './random'
import { SECOND } from './scheduler'
import { readGroup } from './workload'

const RESTORER = 98
const TIMEOUT_MS = 5000

const stateOf = (view: GroupView): GroupState => ({
  printer: view.printer,
  filament: view.filament === null ? null : { total: view.filament.total, remaining: view.filament.remaining },
  jobs: new Map(view.jobs.map(({ id, weight, status }) => [id, { weight, status }]))
})

export function restoreEverywhere(world: ClientWorld, cluster: Cluster, random: Random): void {
  const source = random.pickOr(cluster.serving, null as never)?.replica
  if (source === null || source === undefined) return
  const states = Array.from({ length: world.groups }, (_, group) => stateOf(readGroup(source.farm, group)))
  const { chunks } = source.backup()
  void (async () => {
    let text = ''
    for await (const chunk of chunks) text += chunk
    await world.scheduler.delay(random.pick([0, 2, 4, 8, 16]) * SECOND, null)
    const machine = random.pickOr(cluster.serving, null as never)
    if (machine?.replica === null || machine?.replica === undefined) return
    const recorded = world.history.callAll(RESTORER, (group) => ({ kind: 'restore', to: states[group] as GroupState }))
    machine.replica
      .propose({ type: 'restore', backup: JSON.parse(text) as unknown }, { by: 'restorer', timeoutMs: TIMEOUT_MS })
      .then(
        (outcome: Outcome) => {
          if (outcome.ok || outcome.code !== 'outcome_unknown') {
            world.history.answer(recorded, { kind: 'outcome', outcome })
          }
        },
        // Unknown, whatever was said: the history leaves both open.
        () => undefined
      )
  })()
}
