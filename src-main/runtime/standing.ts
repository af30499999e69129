import { Double } from './double'

/**
 * Whether this node takes part, and if not, why. Once halted or stopping, it never takes part again; once removed, it
 * does when it is a member anew.
 */
export class Standing {
  /** Why it has stopped taking part after a failure; null while it has not. */
  halted: string | null = null
  stopping = false
  removed = false
  readonly double = new Double()
}
