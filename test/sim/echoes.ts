/**
 * Acknowledgements that the network keeps a copy of, and gives out when they could do most harm: when their receiver
 * leads again, and its sender has not answered in the new term yet.
 */
import type { AppendEntriesReply, Message } from '../../src-main/raft/types'

export class Echoes {
  private readonly kept = new Map<string, AppendEntriesReply>()

  /** Sees each message that leaves. What it returns has to overtake the answer to `message`. */
  of(message: Message): AppendEntriesReply | null {
    if (message.type === 'AppendEntriesReply' && message.success) {
      this.kept.set(`${message.from}|${message.to}`, message)
      return null
    }
    if (message.type !== 'AppendEntries') return null
    const channel = `${message.to}|${message.from}`
    const kept = this.kept.get(channel)
    if (kept === undefined || kept.term >= message.term) return null
    this.kept.delete(channel)
    return kept
  }
}
