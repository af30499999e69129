/** Rules of single steps that the paper states outright, checked where they are decided. */
import type { SnapshotMeta } from '../../../src-main/raft/types'
import { Violation } from './violation'

/** A leader commits by counting only entries of its own term (§5.4.2). */
export function checkCommitRule(who: string, term: number, commitIndex: number, termAt: number | null): void {
  if (termAt !== null && termAt !== term) {
    throw new Violation(
      'commit rule',
      `${who} leads term ${term} and commits ${commitIndex}, which is of term ${termAt}`
    )
  }
}

/** A snapshot that is a prefix of the log leaves the rest of the log as it is (§7). */
export function checkKeepsSuffix(who: string, meta: SnapshotMeta, termAt: number | null, keepLog: boolean): void {
  if (termAt === meta.term && !keepLog) {
    throw new Violation('snapshot keeps the suffix', `${who} drops its log for snapshot ${meta.index}/${meta.term}`)
  }
}
