import { asIndex, asNodeId, asTerm, type Entry, type HardState, type SnapshotMeta } from '../../src-main/raft/types'
import type { LogRecord } from '../../src-main/storage/ports'

export const entry = (index: number, term: number, data = `e${index}.${term}`): Entry => ({
  index: asIndex(index),
  term: asTerm(term),
  kind: 'command',
  data
})

/** Entries first…last of one term. */
export const entries = (first: number, last: number, term: number): Entry[] =>
  Array.from({ length: last - first + 1 }, (_, at) => entry(first + at, term))

export const hardState = (term: number, votedFor: string | null = null, commit = 0): HardState => ({
  term: asTerm(term),
  votedFor: votedFor === null ? null : asNodeId(votedFor),
  commit: asIndex(commit)
})

export const record = (state: HardState, appended: readonly Entry[] = []): LogRecord => ({
  hardState: state,
  entries: appended,
  sync: true
})

export const hint = (state: HardState): LogRecord => ({ hardState: state, entries: [], sync: false })

export const metaAt = (index: number, term: number): Omit<SnapshotMeta, 'bytes' | 'sha256'> => ({
  index: asIndex(index),
  term: asTerm(term),
  configuration: {
    voters: [asNodeId('a'), asNodeId('b.c')],
    votersOutgoing: [],
    learners: [],
    learnersNext: [],
    members: {
      'b.c': { name: '$b', rpcAddress: '127.0.0.1:1', apiAddress: '127.0.0.1:2', fingerprint: 'AA:BB' }
    }
  },
  configurationIndex: asIndex(1),
  format: 3
})

/** Text that breaks naive storage: line breaks of other standards, quotes, surrogates, NUL, keys with dots and $. */
export const HARD_TEXT = [
  '\u2028 \u2029 \u0085 \v \f \r\n \n',
  '"quotes" \\back\\\\slashes\\ \\u0041 |',
  '\u{1F9F5} \u{1F468}\u200D\u{1F469}\u200D\u{1F467} é ü ß',
  'lone \ud83d high',
  'lone \udc4d low',
  'nul \u0000 and \u0001\u001f\u007f\u009f',
  JSON.stringify({ 'a.b': 1, $set: { $$date: 5 }, __proto__x: 1, $$deleted: true, '10.0.0.1': 'x' }),
  '{"format":"raft3d-log/9","crc":"00000000"}\n{"_id":"x"}',
  ',"crc":"12345678"}',
  ''
]
