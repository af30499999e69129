/**
 * Seeds on which a bug shows that was found once, and the mutant that brings it back: a test holds that each passes, and
 * fails with its mutant. When a change to the simulator moves what a seed does, `npm run sim:mutants -- --only NAME`
 * names the next; a mutant that stands here instead of a name is too rare for that list.
 */
import type { Mutant } from './mutants/list'

export type Edit = Omit<Mutant, 'name'>

/** Not there when the seeds that name it were found; it moved what they do. */
const BEFORE_LEARNERS_KNEW_ALL: Edit = {
  file: 'src-main/runtime/caught-up.ts',
  find: ' && matchIndex >= configurationIndex',
  replace: ''
}

/** All ran at one pace, another than production's is now, when these were found. */
const BEFORE_PRODUCTIONS_PACE: Edit = {
  file: 'test/sim/profile.ts',
  find: "random.fork('pace').chance(0.5)",
  replace: 'false'
}

/** Entries that a majority had were not held back for longer when these were found. */
const BEFORE_MAJORITIES_COUNTED: Edit = {
  file: 'src-main/runtime/pacing.ts',
  find: 'const MORE_MOMENTS = 2',
  replace: 'const MORE_MOMENTS = 0'
}

export interface FoundBySeed {
  readonly seed: number
  readonly mutant: string | Edit
  /** Undone besides, for the seed to do what it did: it passes with this alone. */
  readonly before?: readonly Edit[]
  readonly found: string
}

export const SEEDS: readonly FoundBySeed[] = [
  {
    seed: 75,
    mutant: 'a member that was away does not listen to those who know the others',
    found: 'a member that was away refuses the connections of a leader that its own log does not name yet, for ever'
  },
  {
    seed: 13,
    mutant: 'after a restart only the configuration in effect counts, committed or not',
    found: 'a node restarted with its own, uncommitted removal in its log knows nobody any more'
  },
  {
    seed: 24,
    mutant: 'who is a member again stays removed',
    found: 'an id that is added again right after its removal refuses all work until it is restarted'
  },
  {
    seed: 3,
    mutant: 'a late tick is made up for by an early one',
    found: 'a tick that waited behind others in the event loop is followed by the next too soon'
  },
  {
    seed: 49,
    mutant: 'a heartbeat commits what only an earlier process had acknowledged',
    before: [BEFORE_PRODUCTIONS_PACE],
    found: 'a node whose data was set back commits by a heartbeat entries that others had replaced'
  },
  {
    seed: 535282,
    mutant: {
      file: 'src-main/storage/nedb-log-store.ts',
      find: "await this.#guarded('closing the log', async () => active?.close(this.#failure === null))",
      replace: 'await active?.close(this.#failure === null)'
    },
    found: 'a disk that fails when a log that is closed is trimmed is taken for an error of the program'
  },
  {
    seed: 3769,
    mutant: {
      file: 'src-main/storage/nedb-snapshot-store.ts',
      find: 'await guarded(async () => {\n      for (const name of names) await this.disk.unlink',
      replace: 'await Promise.resolve().then(async () => {\n      for (const name of names) await this.disk.unlink'
    },
    found: 'a disk that is full when an old snapshot is removed is taken for an error of the program'
  },
  {
    seed: 40000736,
    mutant: {
      file: 'src-main/storage/nedb-snapshot-store.ts',
      find: 'await this.#atWork\n    await this.file.close()',
      replace: 'await this.file.close()'
    },
    before: [BEFORE_LEARNERS_KNEW_ALL, BEFORE_PRODUCTIONS_PACE, BEFORE_MAJORITIES_COUNTED],
    found: 'a new leader offers the snapshot that the old one has just sent: two receptions write to one file'
  },
  {
    seed: 60104982,
    mutant: {
      file: 'src-main/raft/outbox.ts',
      find: 'if (message.term >= this.savedTerm) this.sends.push(message)',
      replace: 'this.sends.push(message)'
    },
    before: [BEFORE_PRODUCTIONS_PACE, BEFORE_MAJORITIES_COUNTED],
    found: 'what was promised to an old leader leaves when a barrier returns that has replaced what it spoke of'
  },
  {
    seed: 60106790,
    mutant: {
      file: 'src-main/raft/snapshot.ts',
      find: 'if (keepLog) compactBehind(core, meta)',
      replace: ''
    },
    before: [BEFORE_PRODUCTIONS_PACE, BEFORE_MAJORITIES_COUNTED],
    found: 'a follower that installs a snapshot and keeps its log keeps all that the snapshot covers, too'
  },
  {
    seed: 82009468,
    mutant: BEFORE_LEARNERS_KNEW_ALL,
    found:
      'a learner that has not heard of another voter yet gets the vote, and never listens to that voter once they are alone'
  },
  {
    seed: 90007877,
    mutant: { file: 'test/sim/belonging.ts', find: ' && !machine.leftOut', replace: '' },
    before: [BEFORE_PRODUCTIONS_PACE],
    found:
      "the simulator's own: a newcomer whose log is empty still is expected to get on while the one member it knows is left out"
  }
]
