/** Not a snapshot of a farm, of another version, or not whole. */
export class SnapshotUnreadable extends Error {
  readonly code = 'snapshot_unreadable'
}
