/** The member's side of a join: takes one request over one connection, and answers it. */
import type { NodeId } from '../raft/types'
import type { Connection } from './connection'
import type { TransportClock, TransportLog } from './environment'
import { FRAME } from './frame-types'
import { FrameInbox } from './frame-inbox'
import { decodeJoinRequest, encodeJoinAnswer, type JoinGrant, type JoinHandler, type JoinRefusal } from './join'
import { CONTROL_FRAME_BYTES_MAX, HELLO_FRAME_BYTES_MAX, type TransportLimits } from './limits'
import { ProtocolError } from './protocol-error'
import type { RefusalLog } from './refusal-log'

export interface JoinServerOptions {
  readonly handler: JoinHandler
  readonly clock: TransportClock
  readonly limits: TransportLimits
  readonly log: TransportLog
  readonly refusals: RefusalLog
}

export class JoinServer {
  readonly #options: JoinServerOptions
  readonly #connections = new Set<Connection>()

  constructor(options: JoinServerOptions) {
    this.#options = options
  }

  get busy(): boolean {
    return this.#connections.size >= this.#options.limits.joinsMax
  }

  /** @param nodeId as in the hello */
  async serve(connection: Connection, nodeId: NodeId, fingerprint: string): Promise<void> {
    const { clock, limits, log, refusals } = this.#options
    this.#connections.add(connection)
    const cancelDeadline = clock.after(limits.joinTimeoutMs, () => connection.destroy('the join took too long'))
    try {
      const answer = await this.#answer(connection, nodeId, fingerprint)
      if (!answer.granted)
        refusals.refused(connection.address, 'join_refused', answer.reason, { node_id: nodeId, fingerprint })
      if (!connection.sendFrame(encodeJoinAnswer(answer)))
        log.warn({ event: 'join_answer_lost', peer: nodeId }, 'the newcomer was gone before it could be answered')
      connection.end()
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      refusals.refused(connection.address, 'join_failed', reason, { node_id: nodeId, fingerprint })
      connection.destroy(reason)
    } finally {
      clock.after(limits.stopFlushMs, () => {
        cancelDeadline()
        connection.destroy('done')
        this.#connections.delete(connection)
      })
    }
  }

  close(reason: string): void {
    for (const connection of this.#connections) connection.destroy(reason)
  }

  async #answer(connection: Connection, nodeId: NodeId, fingerprint: string): Promise<JoinGrant | JoinRefusal> {
    const { clock, limits, handler } = this.#options
    const inbox = new FrameInbox(connection, clock, {
      payloadBytesMax: HELLO_FRAME_BYTES_MAX,
      queueBytesMax: CONTROL_FRAME_BYTES_MAX,
      framesMax: 1
    })
    const { type, payload } = await inbox.next(limits.handshakeTimeoutMs)
    if (type !== FRAME.joinRequest) throw new ProtocolError(`frame type ${type} instead of a join request`)
    const request = decodeJoinRequest(payload)
    if (request.nodeId !== nodeId) throw new ProtocolError('a join request in the name of another node')
    if (request.info.fingerprint !== fingerprint)
      return { granted: false, reason: 'The certificate presented is not the one that the request names.' }
    return handler(request, fingerprint)
  }
}
