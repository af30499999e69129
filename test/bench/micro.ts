/** `npm run bench:micro`: the hot parts of a write, one by one, on one core. Batches of 64, as under load. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createApi } from '../../src-main/api/api'
import { Farm } from '../../src-main/farm/farm'
import type { Command, Envelope } from '../../src-main/farm/types'
import { Raft } from '../../src-main/raft/raft'
import { bootstrapState } from '../../src-main/raft/bootstrap'
import { asIndex, asNodeId, asTerm, type Effect, type Entry } from '../../src-main/raft/types'
import type { ClusterAdmin } from '../../src-main/api/ports'
import { RAFT_LIMITS } from '../../src-main/runtime/limits'
import { createNedbLogStore } from '../../src-main/storage/nedb-log-store'
import { nodeDisk } from '../../src-main/storage/node-disk'
import { decodeEntries, encodeEntries } from '../../src-main/transport/block'
import { HEADER_BYTES } from '../../src-main/transport/frame'
import { FarmReplica } from '../api/farm-replica'
import { configurationOf } from '../raft/network/test-node'

const BATCH = 64
const MEASURED_MS = 1_500
const WARM_UP_MS = 300

/** `run` does `count` operations per call. */
async function report(name: string, count: number, run: () => Promise<void> | void): Promise<void> {
  const during = async (ms: number) => {
    const startedMs = performance.now()
    let calls = 0
    while (performance.now() - startedMs < ms) {
      // A microtask for nothing would be measured too.
      const pending = run()
      if (pending) await pending
      calls++
    }
    return ((performance.now() - startedMs) / (calls * count)) * 1_000
  }
  await during(WARM_UP_MS)
  const us = await during(MEASURED_MS)
  console.log(`| ${name} | ${Math.round(1e6 / us)} | ${us.toFixed(2)} |`)
}

let number = 0
const envelope = (command: Command): Envelope => {
  const q = ++number
  return { s: 'bench', q, w: q, t: 1_800_000_000_000 + q, a: 'local', n: 'bench', c: command }
}
const createJob = (): Command => ({
  type: 'job.create',
  id: `job-${number}`,
  printer_id: 'p1',
  filament_id: 'f1',
  filepath: 'prints/benchy.gcode',
  print_weight_in_grams: 1
})
const batch = () => Array.from({ length: BATCH }, () => JSON.stringify(envelope(createJob())))
const stock: readonly Command[] = [
  { type: 'printer.create', id: 'p1', company: 'Creality', model: 'Ender 3' },
  { type: 'filament.create', id: 'f1', material: 'PLA', color: 'red', total_weight_in_grams: 1e9 }
]

console.log('| part | ops/s | µs/op |\n|---|---|---|')

const raft = new Raft({
  id: asNodeId('a'),
  limits: { ...RAFT_LIMITS, trailingEntries: 0 },
  random: () => 0,
  recovered: bootstrapState(configurationOf({ voters: 'a' }))
})
/** Carries out what a disk and a state machine of no latency would. */
function settle(effects: readonly Effect[]): void {
  for (const effect of effects) {
    if (effect.type === 'persist') settle(raft.step({ type: 'persisted', token: effect.token }))
    else if (effect.type === 'apply')
      settle(raft.step({ type: 'applied', index: effect.entries[effect.entries.length - 1]!.index }))
  }
}
while (raft.status().role !== 'leader') settle(raft.step({ type: 'tick' }))
const proposal = batch()
const snapshotEvery = 1_024
let batches = 0
/** As the runtime does; else the log would grow without end. */
function shorten(): void {
  const at = raft.status().commitIndex
  const { configuration, index: configurationIndex } = raft.configurationAsOf(at)
  settle(
    raft.step({
      type: 'snapshotCreated',
      meta: { index: at, term: raft.termAt(at)!, configuration, configurationIndex, bytes: 1, sha256: '', format: 1 }
    })
  )
}
await report('core: propose, persist, commit, apply', BATCH, () => {
  settle(raft.step({ type: 'propose', data: proposal }))
  if (++batches % snapshotEvery === 0) shorten()
})

const entriesFrom = (first: number): Entry[] =>
  proposal.map((data, at) => ({ index: asIndex(first + at), term: asTerm(1), kind: 'command', data }))
const entries = entriesFrom(1)
await report('codec: entries to a frame', BATCH, () => void encodeEntries(entries))
const block = encodeEntries(entries).frames[0]!.subarray(HEADER_BYTES)
await report('codec: a frame to entries', BATCH, () => void decodeEntries(block, asIndex(0)))

const folder = mkdtempSync(join(tmpdir(), 'raft3d-bench-'))
try {
  const store = createNedbLogStore({ disk: nodeDisk, dir: join(folder, 'log') })
  const { hardState } = await store.recover()
  let last = 0
  await report('store: append, durable', BATCH, async () => {
    await store.append({ hardState: { ...hardState, term: asTerm(1) }, entries: entriesFrom(last + 1), sync: true })
    last += BATCH
    if (last % 65_536 === 0) await store.compact(asIndex(last - BATCH))
  })
  await store.close()
} finally {
  rmSync(folder, { recursive: true, force: true })
}

const farm = new Farm()
let index = 0
const apply = (command: Command) => farm.apply(asIndex(++index), envelope(command))
apply({ type: 'session.open', session: 'bench' })
for (const command of stock) apply(command)
await report('farm: apply a new job', 1, () => void apply(createJob()))

const api = await createApi({
  replica: new FarmReplica(),
  admin: { about: () => ({ version: '0.0.0' }) } as ClusterAdmin,
  listen: { host: '127.0.0.1', port: 0 },
  requireToken: false,
  internalToken: 'bench',
  uiDir: null,
  log: { debug() {}, info() {}, warn() {}, error() {} }
})
const post = async (path: string, body: object, status = 201) => {
  const url = `/api/v1/${path}`
  const headers = { host: 'localhost' }
  const answer = await api.inject({ method: 'POST', url, headers, payload: body, remoteAddress: '127.0.0.1' })
  if (answer.statusCode !== status) throw new Error(`${answer.statusCode} ${answer.payload}`)
}
await post('printers', { id: 'p1', company: 'Creality', model: 'Ender 3' })
await post('filaments', { id: 'f1', type: 'PLA', color: 'red', total_weight_in_grams: 1e9 })
const job = { printer_id: 'p1', filament_id: 'f1', filepath: 'prints/benchy.gcode', print_weight_in_grams: 1 }
await report('API: POST /print_jobs, injected, applied at once', 1, () => post('print_jobs', job))
await api.close()
