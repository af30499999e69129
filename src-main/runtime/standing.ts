/** Whether this node takes part, and if not, why. Only ever moves away from taking part. */
export class Standing {
  /** Why it has stopped taking part after a failure; null while it has not. */
  halted: string | null = null
  stopping = false
  removed = false
}
