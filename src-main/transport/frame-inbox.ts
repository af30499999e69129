/** Turns a connection into a dialogue: frames are awaited one after another, each within a deadline. */
import type { Connection } from './connection'
import type { TransportClock } from './environment'
import { ProtocolError } from './protocol-error'

export interface Frame {
  readonly type: number
  readonly payload: Buffer
}

export interface InboxBounds {
  readonly payloadBytesMax: number
  readonly queueBytesMax: number
  /** Frames that may arrive before anyone asks for them. */
  readonly framesMax: number
}

/** The dialogue ended: closed by either side, or nothing came in time. */
export class DialogueEnded extends Error {}

export class FrameInbox {
  readonly #clock: TransportClock
  readonly #frames: Frame[] = []
  #waiting: ((frame: Frame | null) => void) | null = null
  #ended: string | null = null

  /** The connection becomes this dialogue. */
  constructor(connection: Connection, clock: TransportClock, bounds: InboxBounds) {
    this.#clock = clock
    connection.become({
      ...bounds,
      onFrame: (type, payload) => {
        if (this.#waiting) this.#waiting({ type, payload })
        else if (this.#frames.length < bounds.framesMax) this.#frames.push({ type, payload })
        else throw new ProtocolError('more frames than were asked for')
      },
      onClose: (reason) => {
        this.#ended = reason
        this.#waiting?.(null)
      }
    })
  }

  /** Rejects with DialogueEnded. One call at a time. */
  next(timeoutMs: number): Promise<Frame> {
    const frame = this.#frames.shift()
    if (frame) return Promise.resolve(frame)
    if (this.#ended !== null) return Promise.reject(new DialogueEnded(this.#ended))
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.after(timeoutMs, () => {
        this.#waiting = null
        reject(new DialogueEnded('no answer in time'))
      })
      this.#waiting = (arrived) => {
        this.#waiting = null
        cancel()
        if (arrived) resolve(arrived)
        else reject(new DialogueEnded(this.#ended ?? 'closed'))
      }
    })
  }
}
