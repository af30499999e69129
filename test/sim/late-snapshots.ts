/** Snapshots that arrive when nobody counts on them any more, or whose receiver dies just when it has one. */
import type { Machine } from './machine'
import { MS } from './scheduler'
import type { Stage } from './stage'

export type Victim = 'leader' | 'receiver'

export class LateSnapshots {
  constructor(private readonly stage: Stage) {}

  /** The next snapshot to arrive, at `receiver` or anywhere, costs its leader's life or its receiver's. */
  await(victim: Victim, forMs: number, receiver: Machine | null = null): void {
    const { cluster } = this.stage
    const isMeant = (at: Machine) => receiver === null || at === receiver
    if (victim === 'leader') cluster.onArrived = (at) => (isMeant(at) ? this.delay(at, forMs) : null)
    else cluster.onReceived = (at) => isMeant(at) && this.killReceiver(at, forMs)
  }

  /** The last of all troubles: whoever sent a snapshot does not hear that it has arrived. */
  loseLastAnswer(): void {
    const { cluster, network } = this.stage
    cluster.onReceived = (machine) => {
      cluster.onReceived = null
      const leader = cluster.leader()
      if (leader !== null) network.breakConnection(machine.id, leader.id)
    }
  }

  /** Entries may overtake the snapshot that they follow, under another leader. */
  private delay(machine: Machine, forMs: number): Promise<void> | null {
    const { stage } = this
    const { cluster, random, scheduler } = stage
    if (stage.ended) return null
    cluster.onArrived = null
    stage.trace.story(machine.id, 'is slow to take in a snapshot')
    const leader = cluster.leader()
    if (leader !== null && leader !== machine) {
      stage.later(random.between(20, 300), () => {
        cluster.kill(leader, true)
        stage.restartLater(leader, forMs)
      })
    }
    return scheduler.delay(random.between(500, 4000) * MS, machine.life)
  }

  /** The snapshot is durable, and the log that it replaces may still be there. */
  private killReceiver(machine: Machine, forMs: number): void {
    const { stage } = this
    const { cluster, random, scheduler } = stage
    // Waits for one whose own log is to be replaced.
    if (stage.ended || (cluster.core(machine)?.status().lastIndex ?? 0) === 0) return
    cluster.onReceived = null
    const { life } = machine
    scheduler.after(random.between(0, MS), null, () => {
      if (machine.life !== life) return
      cluster.kill(machine, random.chance(0.5))
      stage.restartLater(machine, forMs)
    })
  }
}
