/** Numbers of the frame types. They are part of the protocol: never reused, never renumbered. */
export const FRAME = {
  // Every channel.
  hello: 1,
  welcome: 2,
  refused: 3,
  ping: 4,
  pong: 5,
  // Control.
  requestVote: 16,
  requestVoteReply: 17,
  heartbeat: 18,
  heartbeatReply: 19,
  timeoutNow: 20,
  readIndex: 21,
  readIndexReply: 22,
  request: 23,
  response: 24,
  /** A snapshot waits for the receiver of this, which cannot be dialled: it shall dial for it. Feature `fetch`. */
  fetch: 25,
  // Log.
  /** Texts of the message that follows, to be continued. */
  blockPart: 32,
  /** Texts of the message that follows, or their end. */
  block: 33,
  appendEntries: 34,
  appendEntriesReply: 35,
  forward: 36,
  forwardRefused: 37,
  // Snapshot.
  offer: 48,
  accept: 49,
  decline: 50,
  chunk: 51,
  chunkAck: 52,
  commit: 53,
  committed: 54,
  // Join.
  joinRequest: 64,
  joinGrant: 65,
  joinRefusal: 66
} as const
