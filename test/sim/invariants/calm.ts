/**
 * Where a quorum is well, its leader leads on: nobody who is unwell, nor who comes back, makes it give way (thesis
 * §4.2.3, §9.6). Only who had been in a later term before may.
 */
import type { NodeId } from '../../../src-main/raft/types'
import { Violation } from './violation'

export interface Reign {
  readonly leader: NodeId | null
  readonly term: number
}

/** `now` follows `before` without any reason for another leader in between. */
export function checkReign(before: Reign, now: Reign): void {
  if (now.leader === before.leader && now.term === before.term) return
  throw new Violation(
    'leader is not disturbed',
    `${before.leader} led term ${before.term}; now ${now.leader ?? 'nobody'} leads, and the term is ${now.term}`
  )
}
