/** The node's worker thread as the shell holds it: started, watched, started again when it crashes, ended in order. */
import { randomBytes } from 'node:crypto'
import { Worker } from 'node:worker_threads'
import type { Config } from '../config'
import type { FromWorker, ToWorker, WorkerStart } from './messages'

export const RESTART_FIRST_MS = 500
const RESTART_MAX_MS = 30_000
/** A thread that ran this long before it crashed starts over with the shortest pause. */
const STEADY_MS = 60_000
export const SUSPEND_MS = 1_500
/** The process as a whole has 5 s. */
export const STOP_MS = 4_500

export interface NodeThreadEvents {
  onMessage(message: FromWorker): void
  /** The thread ended by itself; it is started again after `retryMs`. */
  onCrash(crash: { readonly reason: string; readonly retryMs: number; readonly inARow: number }): void
}

export class NodeThread {
  private worker: Worker | null = null
  private stopping = false
  private startedAt = 0
  private crashes = 0
  private restart: NodeJS.Timeout | null = null
  private readonly waiting = new Map<FromWorker['type'], () => void>()

  constructor(
    private readonly script: string,
    private readonly config: Config,
    /** Read at each start. */
    private readonly lowStockGrams: () => number,
    private readonly events: NodeThreadEvents
  ) {}

  start(): void {
    const workerData: WorkerStart = {
      config: this.config,
      internalToken: randomBytes(32).toString('base64url'),
      replacesThread: this.startedAt > 0,
      terminal: process.stdout.isTTY === true,
      lowStockGrams: this.lowStockGrams()
    }
    const worker = new Worker(this.script, { workerData, name: 'raft3d-node' })
    this.worker = worker
    this.startedAt = performance.now()
    let reason = 'it ended unexpectedly'
    worker.on('message', (message: FromWorker) => {
      this.waiting.get(message.type)?.()
      // A node that cannot start would fail again in the same way.
      if (message.type === 'failed') this.stopping = true
      this.events.onMessage(message)
    })
    worker.on('error', (error) => (reason = error instanceof Error ? (error.stack ?? error.message) : String(error)))
    worker.on('exit', () => {
      this.worker = null
      for (const done of [...this.waiting.values()]) done()
      if (!this.stopping) this.startAgain(reason)
    })
  }

  /** False when there is no thread to hear it. */
  post(message: ToWorker): boolean {
    this.worker?.postMessage(message)
    return this.worker !== null
  }

  /** Hands over leadership, for the machine is about to sleep; waits for at most SUSPEND_MS. */
  async suspend(): Promise<void> {
    await this.ask({ type: 'suspend' }, 'suspended', SUSPEND_MS)
  }

  resume(): void {
    this.post({ type: 'resume' })
  }

  async stop(): Promise<void> {
    this.stopping = true
    if (this.restart) clearTimeout(this.restart)
    await this.ask({ type: 'stop' }, 'stopped', STOP_MS)
    await this.worker?.terminate()
  }

  private startAgain(reason: string): void {
    if (performance.now() - this.startedAt > STEADY_MS) this.crashes = 0
    const retryMs = Math.min(RESTART_FIRST_MS * 2 ** this.crashes++, RESTART_MAX_MS)
    this.events.onCrash({ reason, retryMs, inARow: this.crashes })
    this.restart = setTimeout(() => this.start(), retryMs)
  }

  /** Resolves on the answer, when the thread has ended, or after the deadline. */
  private ask(message: ToWorker, answer: FromWorker['type'], timeoutMs: number): Promise<void> {
    if (!this.post(message)) return Promise.resolve()
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        this.waiting.delete(answer)
        resolve()
      }
      const timer = setTimeout(done, timeoutMs)
      this.waiting.set(answer, done)
    })
  }
}
