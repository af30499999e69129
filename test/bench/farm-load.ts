/**
 * Work on a large farm over plain connections to one node: jobs are created on all printers, run, end and are removed,
 * so that the farm stays as large as it is however long that goes on. Each connection has one request at a time.
 */
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export interface FarmSize {
  readonly printers: number
  readonly filaments: number
}

export interface Served {
  readonly writes: number
  readonly seconds: number
  readonly p99Ms: number
}

const CONNECTIONS = 64
/** A steady rate is kept by this many looks at the clock in a second. */
const LOOKS_PER_SECOND = 200

/** One keep-alive connection; answers are read as far as the next request needs it: status and length. */
class Connection {
  private received = ''
  private done: ((status: number) => void) | null = null

  private constructor(
    private readonly socket: Socket,
    private readonly host: string
  ) {
    socket.setNoDelay(true)
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => this.read(text))
  }

  static async open(url: string): Promise<Connection> {
    const { host, hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    return new Connection(socket, host)
  }

  async send(method: string, path: string, body: string): Promise<void> {
    const type = body === '' ? '' : 'Content-Type: application/json\r\n'
    const head = `${method} /api/v1${path} HTTP/1.1\r\nHost: ${this.host}\r\n${type}Content-Length: ${body.length}\r\n\r\n`
    const status = await new Promise<number>((resolve) => {
      this.done = resolve
      this.socket.write(head + body, 'latin1')
    })
    if (status < 200 || status > 299) throw new Error(`${method} ${path}: ${status}`)
  }

  close(): void {
    this.socket.destroy()
  }

  private read(text: string): void {
    this.received += text
    const end = this.received.indexOf('\r\n\r\n')
    if (end < 0) return
    const length = Number(/content-length: (\d+)/i.exec(this.received.slice(0, end))?.[1] ?? 0)
    if (this.received.length < end + 4 + length) return
    const status = Number(this.received.slice(9, 12))
    this.received = ''
    this.done?.(status)
  }
}

/** The jobs of every 64th printer, served by one connection. */
class Bay {
  /** Numbers of its jobs, oldest first. */
  private readonly queued: number[] = []
  private readonly ended: number[] = []
  private created = 0
  private step = 0

  constructor(
    private readonly connection: Connection,
    private readonly size: FarmSize,
    private readonly place: number
  ) {}

  create(): Promise<void> {
    const { place, size } = this
    const number = place + CONNECTIONS * this.created
    const printers = Math.ceil((size.printers - place) / CONNECTIONS)
    const printer = place + CONNECTIONS * (this.created++ % printers)
    this.queued.push(number)
    const { filaments } = size
    const body = `{"id":"job-${number}","printer_id":"printer-${printer}","filament_id":"roll-${number % filaments}","filepath":"prints/bench/part-${number}.gcode","print_weight_in_grams":1.5}`
    return this.connection.send('POST', '/print_jobs', body)
  }

  /** A job's life, a write at a time: the oldest queued one runs and ends, the oldest ended one goes, a new one comes. */
  async work(): Promise<void> {
    const oldest = this.queued[0]
    switch (this.step++ % 4) {
      case 0:
        return this.setStatus(oldest, 'Running')
      case 1:
        await this.setStatus(oldest, 'Done')
        if (oldest !== undefined) this.ended.push(oldest)
        this.queued.shift()
        return
      case 2:
        return this.connection.send('DELETE', `/print_jobs/job-${this.ended.shift()}`, '')
      default:
        return this.create()
    }
  }

  close(): void {
    this.connection.close()
  }

  private setStatus(number: number | undefined, status: string): Promise<void> {
    return this.connection.send('POST', `/print_jobs/job-${number}/status`, `{"status":"${status}"}`)
  }
}

export class FarmLoad {
  private constructor(private readonly bays: readonly Bay[]) {}

  static async open(url: string, size: FarmSize): Promise<FarmLoad> {
    const connections = await Promise.all(Array.from({ length: CONNECTIONS }, () => Connection.open(url)))
    return new FarmLoad(connections.map((connection, place) => new Bay(connection, size, place)))
  }

  /** As fast as the answers come. */
  create(jobs: number): Promise<Served> {
    let left = jobs
    return this.serve(async (bay, note) => {
      while (left-- > 0) await note(bay.create())
    })
  }

  /** `rate` in writes per second; 0: as fast as the answers come. */
  work(seconds: number, rate: number): Promise<Served> {
    const from = performance.now()
    const end = from + seconds * 1000
    let begun = 0
    const due = (now: number): boolean => rate === 0 || begun < ((now - from) / 1000) * rate
    return this.serve(async (bay, note) => {
      for (let now = from; now < end; now = performance.now()) {
        if (!due(now)) {
          await sleep(1000 / LOOKS_PER_SECOND)
          continue
        }
        begun++
        await note(bay.work())
      }
    })
  }

  close(): void {
    for (const bay of this.bays) bay.close()
  }

  private async serve(each: (bay: Bay, note: (write: Promise<void>) => Promise<void>) => Promise<void>) {
    const from = performance.now()
    const latencies: number[] = []
    const note = async (write: Promise<void>): Promise<void> => {
      const begun = performance.now()
      await write
      latencies.push(performance.now() - begun)
    }
    await Promise.all(this.bays.map((bay) => each(bay, note)))
    const seconds = (performance.now() - from) / 1000
    const p99Ms = Float64Array.from(latencies).toSorted()[Math.floor(latencies.length * 0.99)] ?? NaN
    return { writes: latencies.length, seconds, p99Ms }
  }
}
