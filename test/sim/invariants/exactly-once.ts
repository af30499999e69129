/**
 * Each acknowledged command is in the state exactly once; nothing that was refused is. Every attempt of a client
 * carries a name of its own in the log, so an entry can be held against what its client was told.
 */
import { Violation } from './violation'

type Told = 'pending' | 'done' | 'refused' | 'unknown'

interface Attempt {
  told: Told
  /** Index of the entry that took effect. */
  effect: number | null
  /** Success shows in the state: an update to what is so already does not. */
  readonly shows: boolean
}

export class ExactlyOnce {
  private readonly attempts = new Map<string, Attempt>()

  begin(name: string, shows = true): void {
    this.attempts.set(name, { told: 'pending', effect: null, shows })
  }

  /** `done`: it took effect. `refused`: it did not and never will. */
  told(name: string, told: 'done' | 'refused' | 'unknown'): void {
    const attempt = this.attempts.get(name)
    if (attempt === undefined) return
    attempt.told = told
    if (told === 'refused' && attempt.effect !== null) {
      throw new Violation('refused is not applied', `${name} was refused, and entry ${attempt.effect} did it`)
    }
    if (told === 'done' && attempt.shows && attempt.effect === null) {
      throw new Violation('acknowledged is applied', `${name} was acknowledged, and no entry did it`)
    }
  }

  /** Entry `index`, of this attempt, changed the farm. Reported once for each index. */
  took(name: string, index: number): void {
    const attempt = this.attempts.get(name)
    if (attempt === undefined || attempt.effect === index) return
    if (attempt.effect !== null) {
      throw new Violation('exactly once', `${name} took effect at ${attempt.effect} and again at ${index}`)
    }
    if (attempt.told === 'refused') {
      throw new Violation('refused is not applied', `${name} was refused, and then entry ${index} did it`)
    }
    attempt.effect = index
  }
}
