/** What the window's process and the node's worker thread say to each other. Plain data, cloned on the way. */
import type { Config } from '../config'

/** Given to the worker when it starts. */
export interface WorkerStart {
  readonly config: Config
  /** Secret of this run; with it the shell's requests need no token. */
  readonly internalToken: string
  /** An earlier thread of this process crashed, and left the data folder locked. */
  readonly replacesThread: boolean
  /** The process logs to a terminal. */
  readonly terminal: boolean
  /** A roll with less than this to give is low. */
  readonly lowStockGrams: number
}

/** Chunks of one answer that may be on their way at once. */
export const CHUNKS_AHEAD = 8

/** The cluster in a line, for the tray. */
export interface NodeSummary {
  readonly name: string
  readonly ready: boolean
  readonly members: number
  readonly reachable: number
  readonly jobs: { readonly queued: number; readonly running: number }
}

/** Something a person may want to hear of. */
export type Notice =
  | { readonly kind: 'jobDone'; readonly job: string; readonly file: string; readonly printer: string }
  | { readonly kind: 'filamentLow'; readonly id: string; readonly name: string; readonly grams: number }
  | { readonly kind: 'quorumLost' }
  | { readonly kind: 'quorumBack' }
  | { readonly kind: 'memberJoined'; readonly name: string }
  | { readonly kind: 'memberLeft'; readonly name: string }

export type FromWorker =
  | { readonly type: 'ready'; readonly apiUrl: string }
  /** The node could not start; `exitCode` as a headless node would have ended. */
  | { readonly type: 'failed'; readonly exitCode: number; readonly message: string }
  | { readonly type: 'summary'; readonly summary: NodeSummary }
  | { readonly type: 'notice'; readonly notice: Notice }
  | { readonly type: 'suspended' }
  | { readonly type: 'stopped' }
  | {
      readonly type: 'answer'
      readonly id: number
      readonly status: number
      readonly headers: readonly (readonly [string, string])[]
    }
  | { readonly type: 'chunk'; readonly id: number; readonly bytes: Uint8Array }
  | { readonly type: 'end'; readonly id: number; readonly failed: boolean }

export type ToWorker =
  | { readonly type: 'suspend' }
  | { readonly type: 'resume' }
  | { readonly type: 'stop' }
  | { readonly type: 'lowStock'; readonly grams: number }
  | {
      readonly type: 'request'
      readonly id: number
      readonly method: string
      /** Path and query. */
      readonly url: string
      readonly headers: Readonly<Record<string, string>>
      readonly body: Uint8Array | null
    }
  /** So many chunks of the answer, counted from its first, has the page taken. */
  | { readonly type: 'taken'; readonly id: number; readonly chunks: number }
  /** The page does not want the rest. */
  | { readonly type: 'cancel'; readonly id: number }
