/** Seeds that found a bug once; they are run again for ever. What they meet may change with the sources. */
export interface FoundBySeed {
  readonly seed: number
  readonly found: string
}

export const SEEDS: readonly FoundBySeed[] = [
  {
    seed: 418,
    found: 'a member that was away refused the connections of a leader that its own log did not name yet, for ever'
  },
  {
    seed: 1641,
    found: 'a voter with an old configuration never heard of the leader that had joined since'
  },
  {
    seed: 3039,
    found: 'of three healthy voters of four, one refused the vote of another that it did not know: no leader'
  },
  {
    seed: 1864,
    found: 'a node restarted with its own, uncommitted removal in its log knew nobody any more'
  },
  {
    seed: 606,
    found: 'a snapshot was offered again and again to a follower that had it and whose acknowledgement was lost'
  },
  {
    seed: 5288,
    found: 'a tick that waited behind others in the event loop was followed by the next at once'
  },
  {
    seed: 5040,
    found: 'a process that was frozen between timer and turn told its core of a tick instead of a gap'
  }
]
