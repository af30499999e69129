/** Machines get the next release, or the one before, while the others still have theirs. */
import type { Machine } from './machine'
import { RELEASES, releaseBeside } from './releases'
import type { Stage } from './stage'

export class Upgrades {
  constructor(private readonly stage: Stage) {}

  /** `steps`: 1 forward, -1 back. */
  install(machine: Machine, steps: number, forMs: number): void {
    const release = RELEASES[machine.release + steps]
    if (release === undefined || machine.state !== 'running' || machine.life?.paused !== false) return
    void this.stage.cluster.stop(machine).then(() => {
      if (this.stage.ended) return
      machine.release = RELEASES.indexOf(release)
      this.stage.trace.story(machine.id, `is now of ${release.name}`)
      this.stage.restartLater(machine, forMs)
    })
  }

  /** Brings all so far that everyone can talk with everyone. */
  finish(): void {
    const { cluster } = this.stage
    const newest = Math.max(...cluster.machines.map(({ release }) => release))
    for (const machine of cluster.machines) {
      const release = releaseBeside(newest, machine.release)
      if (release === machine.release) continue
      machine.release = release
      cluster.kill(machine, true)
    }
  }
}
