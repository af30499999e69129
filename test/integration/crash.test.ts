/**
 * kill -9 at random moments while clients write: what was acknowledged is there, exactly once; what was refused
 * is not; and the reservations equal a recount.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { NodeProcess } from '../support/processes'

/** Each takes about a second; npm run trials has the full count. */
const ROUNDS = process.env.RAFT3D_TRIAL === 'full' ? 50 : 10
const CLIENTS = 32
const ROLL_GRAMS = 1_000_000

interface Job {
  readonly id: string
  readonly print_weight_in_grams: number
  readonly status: string
}

let folder: string
let node: NodeProcess
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'raft3d-'))
  node = new NodeProcess('lab', join(folder, 'data'), [
    '--api',
    '127.0.0.1:0',
    '--rpc',
    '127.0.0.1:0',
    '--no-discovery',
    '--log-level',
    'info'
  ])
  await node.start()
  await node.json('/printers', { method: 'POST', json: { id: 'p', company: 'Prusa', model: 'MK4' } })
  await node.json('/filaments', {
    method: 'POST',
    json: { id: 'f', type: 'PLA', color: 'red', total_weight_in_grams: ROLL_GRAMS }
  })
})
afterAll(async () => {
  await node.kill()
  rmSync(folder, { recursive: true, force: true })
})

it(`loses and doubles nothing over ${ROUNDS} crashes under ${CLIENTS} writers`, { timeout: 600_000 }, async () => {
  const acknowledged = new Map<string, number>()
  const refused = new Set<string>()
  let uncertain = 0
  for (let round = 0; round < ROUNDS; round++) {
    let writing = true
    const clients = Array.from({ length: CLIENTS }, async (_, client) => {
      for (let n = 0; writing; n++) {
        const id = `r${round}-c${client}-${n}`
        const tooHeavy = (n + client) % 10 === 9
        const weight = tooHeavy ? ROLL_GRAMS * 2 : 0.1 + (n % 7)
        try {
          const answer = await node.fetch('/print_jobs', {
            method: 'POST',
            json: { id, printer_id: 'p', filament_id: 'f', filepath: 'a.gcode', print_weight_in_grams: weight }
          })
          if (answer.status === 201) acknowledged.set(id, weight)
          else if (answer.status === 409) refused.add(id)
          await answer.arrayBuffer()
        } catch {
          uncertain++
          return
        }
      }
    })
    await new Promise((resolve) => setTimeout(resolve, 50 + ((round * 37) % 400)))
    await node.kill()
    writing = false
    await Promise.all(clients)
    await node.start()

    const jobs = await node.json<Job[]>('/print_jobs')
    const counted = new Map<string, number>()
    for (const job of jobs) counted.set(job.id, (counted.get(job.id) ?? 0) + 1)
    expect([...counted.values()].every((times) => times === 1)).toBe(true)
    expect([...acknowledged.keys()].filter((id) => !counted.has(id))).toEqual([])
    expect([...refused].filter((id) => counted.has(id))).toEqual([])
    const filament = await node.json<{ reserved_weight_in_grams: number }>('/filaments/f')
    expect(filament.reserved_weight_in_grams).toBeCloseTo(
      jobs.reduce((sum, job) => sum + job.print_weight_in_grams, 0),
      6
    )
  }
  console.log(`${acknowledged.size} acknowledged, ${refused.size} refused, ${uncertain} cut off`)
  expect(acknowledged.size).toBeGreaterThan(ROUNDS)
  expect(refused.size).toBeGreaterThan(0)
})
