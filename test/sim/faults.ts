/**
 * What goes wrong in a run, and when: a plan drawn from the seed before the run begins, so that it can be printed,
 * replayed and shrunk. Swarm testing: each seed enables a few kinds of fault and leaves the others out, for
 * faults that are always mixed hide each other.
 *
 * Times are milliseconds of virtual time.
 */
import type { Random } from './random'

/** A machine by number, or whoever leads (or follows) when the time comes. */
export type Target = number | 'leader' | 'follower'

export type Fault =
  /** kill -9 (`reset`: peers see their connections break) or power loss (they hear nothing). */
  | { readonly kind: 'crash'; readonly target: Target; readonly reset: boolean; readonly forMs: number }
  | { readonly kind: 'crashAll'; readonly forMs: number }
  | { readonly kind: 'stop'; readonly target: Target; readonly forMs: number }
  /** SIGSTOP: frozen, sockets intact, clocks run on. */
  | { readonly kind: 'pause'; readonly target: Target; readonly forMs: number }
  /** The lid is closed: frozen, the monotonic clock stands still, connections are dead on waking. */
  | { readonly kind: 'suspend'; readonly target: Target; readonly forMs: number }
  | { readonly kind: 'partition'; readonly side: readonly number[]; readonly oneWay: boolean; readonly forMs: number }
  /** Any set of directions between machines. */
  | {
      readonly kind: 'partial'
      readonly blocked: readonly (readonly [number, number])[]
      readonly forMs: number
    }
  | {
      readonly kind: 'isolate'
      readonly target: Target
      readonly way: 'in' | 'out' | 'both'
      readonly forMs: number
    }
  | {
      readonly kind: 'flap'
      readonly target: Target
      readonly periodMs: number
      readonly forMs: number
    }
  | { readonly kind: 'break'; readonly target: Target }
  | { readonly kind: 'slow'; readonly target: Target; readonly factor: number; readonly forMs: number }
  | { readonly kind: 'stall'; readonly target: Target; readonly forMs: number }
  | { readonly kind: 'ioError'; readonly target: Target }
  | { readonly kind: 'diskFull'; readonly target: Target; readonly forMs: number }
  /** A durable bit flips: the node must refuse to start; it is wiped and comes back as another. */
  | { readonly kind: 'bitFlip'; readonly target: Target }
  | { readonly kind: 'wipe'; readonly target: Target }
  | { readonly kind: 'wallJump'; readonly target: Target; readonly byMs: number }
  | { readonly kind: 'skew'; readonly target: Target; readonly rate: number }
  | { readonly kind: 'snapshot'; readonly target: Target }
  | { readonly kind: 'transfer'; readonly to: Target | null }
  | { readonly kind: 'addMember' }
  | { readonly kind: 'removeMember'; readonly target: Target }
  | { readonly kind: 'demote'; readonly target: Target }
  | { readonly kind: 'promote' }
  | { readonly kind: 'restore' }
  /** It is stopped, and started as the next release, or as the one before. */
  | { readonly kind: 'upgrade'; readonly target: Target; readonly back: boolean; readonly forMs: number }
  /** Its data folder is copied, and later set back to that copy. */
  | { readonly kind: 'setBack'; readonly target: Target; readonly afterMs: number }
  /** Away for so many writes that only a snapshot helps it; then as `lateSnapshot`. */
  | {
      readonly kind: 'strand'
      readonly target: Target
      readonly victim: 'leader' | 'receiver'
      readonly writes: number
      readonly forMs: number
    }
  /** See plots.ts. */
  | { readonly kind: 'turnover' | 'expel'; readonly target: Target; readonly forMs: number }
  | { readonly kind: 'readd'; readonly target: Target }
  /** The leader is cut off with much to write; when it comes back, whoever leads by then is killed. */
  | { readonly kind: 'duel'; readonly writes: number; readonly cutMs: number; readonly forMs: number }
  /** The leader is cut off with much to write, and set back to that state later, when others have led for a while. */
  | { readonly kind: 'relapse'; readonly writes: number; readonly cutMs: number; readonly afterMs: number }
  /** The next snapshot to arrive is long in being made durable while its leader is killed; or its receiver is, having it. */
  | { readonly kind: 'lateSnapshot'; readonly victim: 'leader' | 'receiver'; readonly forMs: number }

export type FaultKind = Fault['kind']

export interface Planned {
  /** Its number in the full plan; stays the same when others are left out. */
  readonly id: number
  readonly atMs: number
  readonly fault: Fault
}

/** How often a kind is drawn where it is enabled. */
const WEIGHTS: Readonly<Record<FaultKind, number>> = {
  crash: 10,
  crashAll: 1,
  stop: 3,
  pause: 6,
  suspend: 3,
  partition: 7,
  partial: 5,
  isolate: 7,
  flap: 3,
  break: 6,
  slow: 3,
  stall: 4,
  ioError: 3,
  diskFull: 2,
  bitFlip: 1,
  wipe: 2,
  wallJump: 3,
  skew: 2,
  snapshot: 5,
  transfer: 6,
  addMember: 3,
  removeMember: 3,
  demote: 3,
  promote: 4,
  restore: 1,
  upgrade: 5,
  setBack: 3,
  strand: 8,
  turnover: 3,
  expel: 3,
  readd: 2,
  duel: 5,
  relapse: 4,
  lateSnapshot: 6
}

export const FAULT_KINDS = Object.keys(WEIGHTS) as FaultKind[]

export interface FaultMix {
  readonly enabled: readonly FaultKind[]
  readonly meanGapMs: number
  /** Scales how long faults last. */
  readonly lengthMs: number
  /** How often a targeted fault seeks the leader. */
  readonly leaderBias: number
}

export function drawMix(random: Random): FaultMix {
  const keep = random.pick([0.2, 0.35, 0.5, 0.8])
  const enabled = FAULT_KINDS.filter(() => random.chance(keep))
  return {
    enabled: enabled.length > 0 ? enabled : [random.pick(FAULT_KINDS)],
    meanGapMs: random.pick([500, 1000, 2000, 4000]),
    lengthMs: random.pick([400, 1200, 3000, 6000]),
    leaderBias: random.pick([0.1, 0.4, 0.8])
  }
}

function draw(kind: FaultKind, mix: FaultMix, machines: number, random: Random): Fault {
  const target: Target = random.chance(mix.leaderBias)
    ? 'leader'
    : random.chance(0.3)
      ? 'follower'
      : random.below(machines)
  const forMs = Math.round(50 + random.exponential(mix.lengthMs))
  switch (kind) {
    case 'crash':
      return { kind, target, reset: random.chance(0.6), forMs }
    case 'crashAll':
      return { kind, forMs: Math.round(forMs / 2) }
    case 'stop':
    case 'pause':
    case 'suspend':
    case 'diskFull':
    case 'turnover':
    case 'expel':
      return { kind, target, forMs }
    case 'stall':
      return { kind, target, forMs: Math.min(Math.round(forMs * random.pick([0.3, 1, 2])), 15_000) }
    case 'partition': {
      const side = random.sample(
        Array.from({ length: machines }, (_, i) => i),
        random.between(1, Math.max(1, machines - 1))
      )
      return { kind, side, oneWay: random.chance(0.3), forMs }
    }
    case 'partial': {
      const density = random.pick([0.15, 0.3, 0.5])
      const both = random.chance(0.5)
      const blocked: [number, number][] = []
      for (let a = 0; a < machines; a++) {
        for (let b = a + 1; b < machines; b++) {
          if (random.chance(density)) blocked.push([a, b], ...(both ? [[b, a] as [number, number]] : []))
          else if (!both && random.chance(density)) blocked.push([b, a])
        }
      }
      return { kind, blocked, forMs }
    }
    case 'isolate':
      return { kind, target, way: random.pick(['in', 'out', 'both'] as const), forMs }
    case 'flap':
      return { kind, target, periodMs: random.between(50, 900), forMs: forMs * 2 }
    case 'slow':
      return { kind, target, factor: random.pick([5, 30, 150]), forMs: forMs * 2 }
    case 'wallJump':
      return { kind, target, byMs: random.pick([-3_600_000, -5000, -700, 700, 5000, 3_600_000]) }
    case 'skew':
      return { kind, target, rate: random.pick([0.7, 0.9, 0.98, 1.02, 1.1, 1.4]) }
    case 'transfer':
      return { kind, to: random.chance(0.4) ? null : random.chance(0.5) ? 'follower' : random.below(machines) }
    case 'break':
    case 'ioError':
    case 'bitFlip':
    case 'wipe':
    case 'snapshot':
    case 'removeMember':
    case 'demote':
    case 'readd':
      return { kind, target }
    case 'addMember':
    case 'promote':
    case 'restore':
      return { kind }
    case 'upgrade':
      return { kind, target, back: random.chance(0.25), forMs: Math.round(forMs / 4) }
    case 'setBack':
      return { kind, target, afterMs: random.between(200, 6000) }
    case 'strand':
      return {
        kind,
        target,
        victim: random.pick(['leader', 'receiver'] as const),
        writes: random.between(2, 60),
        forMs: random.between(100, 1500)
      }
    case 'duel':
      return { kind, writes: random.between(3, 40), cutMs: random.between(900, 3500), forMs }
    case 'relapse':
      return {
        kind,
        writes: random.between(1, 30),
        cutMs: random.between(1500, 3500),
        afterMs: random.between(500, 4000)
      }
    case 'lateSnapshot':
      return { kind, victim: random.pick(['leader', 'receiver'] as const), forMs }
  }
}

export function drawPlan(random: Random, mix: FaultMix, machines: number, lengthMs: number): readonly Planned[] {
  const total = mix.enabled.reduce((sum, kind) => sum + WEIGHTS[kind], 0)
  const plan: Planned[] = []
  // A calm first second, so that there is a leader to lose.
  for (let atMs = 1000; atMs < lengthMs; atMs += Math.round(20 + random.exponential(mix.meanGapMs))) {
    let at = random.below(total)
    const kind = mix.enabled.find((k) => (at -= WEIGHTS[k]) < 0) as FaultKind
    plan.push({ id: plan.length, atMs, fault: draw(kind, mix, machines, random) })
    // Troubles seldom come alone.
    if (random.chance(0.2)) atMs -= Math.round(mix.meanGapMs * 0.2)
  }
  return plan
}

export function describeFault(fault: Fault): string {
  const { kind, ...rest } = fault
  const words = Object.entries(rest).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  return [kind, ...words].join(' ')
}
