/** Structured logs: JSON lines on stdout, pretty on a terminal, and the last ones kept for the UI. */
import { Writable } from 'node:stream'
import pino, { type Logger as Pino } from 'pino'
import type { Config } from './config'
import type { LogLine } from './contract/this-node'

/** Recent lines kept in memory for `GET /logs`. */
const RECENT_LINES_MAX = 500
/** What stdout cannot take (a full disk behind it, say) waits up to here; beyond it lines are lost. */
const UNWRITTEN_CHARS_MAX = 1024 * 1024

export interface NodeLogger extends Pino {
  recent(): readonly LogLine[]
}

/** @param pretty for a person at a terminal; a worker thread cannot see by itself whether there is one */
export function createLogger(
  config: Pick<Config, 'logLevel'>,
  pretty: boolean = process.stdout.isTTY === true
): NodeLogger {
  const lines: LogLine[] = []
  const keep = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(toLine(chunk.toString()))
      if (lines.length > RECENT_LINES_MAX) lines.splice(0, lines.length - RECENT_LINES_MAX)
      done()
    }
  })
  const level = config.logLevel
  const out = pretty
    ? pino.transport({ target: 'pino-pretty', options: { ignore: 'event', messageFormat: '{msg}' } })
    : pino.destination({ dest: 1, sync: true, maxLength: UNWRITTEN_CHARS_MAX })
  // A log that cannot be written must not end the node.
  out.on('error', () => {})
  const streams = pino.multistream([
    { level: level === 'silent' ? 'fatal' : level, stream: out },
    { level: 'info', stream: keep }
  ])
  const logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.epochTime }, streams)
  return Object.assign(logger, { recent: () => lines })
}

function toLine(json: string): LogLine {
  const record = JSON.parse(json) as { time: number; level: number; event?: string; msg?: string }
  return {
    time: record.time,
    level: (pino.levels.labels[record.level] ?? 'info') as LogLine['level'],
    event: record.event ?? null,
    message: record.msg ?? ''
  }
}
