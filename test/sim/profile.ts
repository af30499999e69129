/** What kind of cluster, network, disks, people and troubles a seed draws. Printed with a failure. */
import type { RaftLimits } from '../../src-main/raft/types'
import type { AutopilotLimits } from '../../src-main/runtime/autopilot'
import { RAFT_LIMITS, RUNTIME_LIMITS, type RuntimeLimits } from '../../src-main/runtime/limits'
import { DISKS } from './disk-faults'
import { drawMix, type FaultMix } from './faults'
import type { LinkQuality } from './links'
import type { NetworkOptions } from './network'
import type { Random } from './random'
import { MS, SECOND } from './scheduler'

export interface Profile {
  readonly machines: number
  /** Voters that found the cluster; the other machines join one by one. */
  readonly founders: number
  readonly seconds: number
  /** Which stores: the simulator's own, or NeDB's files on a simulated disk. */
  readonly store: 'own' | 'nedb'
  /** Messages go through the production codec. */
  readonly codec: boolean
  readonly manner: NetworkOptions['manner']
  readonly quality: LinkQuality
  readonly disk: keyof typeof DISKS
  /** See clocks.ts; 0 in most runs. */
  readonly busyMs: number
  readonly clients: number
  readonly groups: number
  readonly thinkMeanMs: number
  readonly readShare: number
  readonly timeoutMs: number
  readonly mix: FaultMix
  /** After the faults, a quorum is healed; the rest of the machines stay as they are when true. */
  readonly coreOnly: boolean
  readonly raft: RaftLimits
  readonly runtime: RuntimeLimits
  readonly autopilot: Partial<AutopilotLimits>
}

/** Shorter ticks and more of them than production has: more happens in a simulated second. */
const QUICK = { raft: { heartbeatTicks: 3, electionTicks: 16 }, runtime: { tickMs: 50 } }
const AS_IN_PRODUCTION = { raft: {}, runtime: {} }

const LAN: LinkQuality = { delayMin: 100, delayMean: 200, loss: 0, duplicate: 0, bandwidth: 50_000_000 }
const WIFI: LinkQuality = { delayMin: 1 * MS, delayMean: 8 * MS, loss: 0.01, duplicate: 0.01, bandwidth: 2_000_000 }
const BAD: LinkQuality = { delayMin: 2 * MS, delayMean: 40 * MS, loss: 0.1, duplicate: 0.1, bandwidth: 100_000 }

export function drawProfile(random: Random, fixed: { machines?: number; seconds?: number }): Profile {
  const machines = fixed.machines ?? random.pick([1, 2, 3, 3, 3, 4, 5, 5, 5, 5, 7])
  const founders = random.chance(0.75) ? machines : random.between(1, machines)
  const manner = random.chance(0.5) ? 'stream' : 'datagram'
  // Seven need many rounds to settle, within the same seconds.
  const pace = machines < 7 && random.fork('pace').chance(0.5) ? AS_IN_PRODUCTION : QUICK
  return {
    machines,
    founders,
    seconds: fixed.seconds ?? random.pick([20, 30, 40, 60]),
    store: random.chance(0.15) ? 'nedb' : 'own',
    codec: random.chance(0.1),
    manner,
    quality: random.pick([LAN, LAN, WIFI, BAD]),
    disk: random.pick(['ssd', 'desktop', 'desktop', 'hdd'] as const),
    busyMs: random.pick([0, 0, 0.05, 2]),
    clients: random.between(1, 6),
    groups: random.between(1, 3),
    thinkMeanMs: random.pick([100, 300, 800]),
    readShare: random.pick([0.2, 0.4, 0.6]),
    timeoutMs: random.pick([800, 3000, 10_000]),
    mix: drawMix(random.fork('mix')),
    coreOnly: random.chance(0.4),
    raft: {
      ...RAFT_LIMITS,
      ...pace.raft,
      appendEntriesMax: random.pick([1, 4, 4096]),
      inflightMessagesMax: random.pick([1, 4, 64]),
      uncommittedBytesMax: random.pick([4096, 32 * 1024 * 1024]),
      applyBytesMax: random.pick([1, 1024, 1024 * 1024]),
      trailingEntries: random.pick([0, 0, 5, 5, 40, 10_240]),
      packEntries: 3
    },
    runtime: {
      ...RUNTIME_LIMITS,
      ...pace.runtime,
      snapshotEntriesMin: random.pick([20, 60, 200, 100_000]),
      snapshotCharsMin: 1,
      logPerSnapshot: 1
    },
    autopilot: random.chance(0.5) ? {} : { stableMs: 600, voterAbsentMs: 3000, manualMs: 4000, intervalMs: 200 }
  }
}

export const networkOptions = (profile: Profile): Omit<NetworkOptions, 'codec'> => ({
  manner: profile.manner,
  quality: profile.quality,
  giveUpMin: 1 * SECOND,
  giveUpMax: 6 * SECOND
})

export function describeProfile(p: Profile): string {
  const limits = `tick ${p.runtime.tickMs} ms append ${p.raft.appendEntriesMax} inflight ${p.raft.inflightMessagesMax} trailing ${p.raft.trailingEntries} snapshot ${p.runtime.snapshotEntriesMin}`
  return (
    `${p.machines} machines (${p.founders} founders), ${p.seconds} s, ${p.store} store${p.codec ? ', codec' : ''}, ${p.manner}, ` +
    `${p.disk} disks, ${p.clients} clients on ${p.groups} groups, ${limits}, faults every ${p.mix.meanGapMs} ms ` +
    `for ${p.mix.lengthMs} ms: ${p.mix.enabled.join(' ')}`
  )
}
