/** Fills a running node with the sample farm through its REST API: `node .config/run-ts.mjs test/e2e/seed.ts URL [TOKEN]`. */
import type { PrintJob } from '../../src-main/contract/print-jobs'
import { sampleFarm } from './support/sample-farm'

const [, , url, token] = process.argv
const farm = sampleFarm(Date.now())

async function post(path: string, body: object): Promise<void> {
  const response = await fetch(`${url}/api/v1${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body: JSON.stringify(body)
  })
  if (!response.ok) throw new Error(`POST ${path}: ${response.status} ${await response.text()}`)
}

/** What finished jobs will take off must be on the roll at first. */
const used = new Map<string, number>()
for (const { status, filament_id: id, print_weight_in_grams: grams } of farm.jobs)
  if (status === 'Done') used.set(id, (used.get(id) ?? 0) + grams)

for (const printer of farm.printers) await post('/printers', printer)
for (const filament of farm.filaments) {
  const wanted = filament.remaining_weight_in_grams + (used.get(filament.id) ?? 0)
  const total = Math.max(filament.total_weight_in_grams, Math.ceil(wanted / 250) * 250)
  await post('/filaments', { ...filament, total_weight_in_grams: total, remaining_weight_in_grams: wanted })
}

const steps: Readonly<Record<PrintJob['status'], readonly PrintJob['status'][]>> = {
  Queued: [],
  Running: ['Running'],
  Done: ['Running', 'Done'],
  Cancelled: ['Cancelled']
}
for (const { id, printer_id, filament_id, filepath, print_weight_in_grams, status } of farm.jobs.toSorted(
  (a, b) => Number(a.status === 'Running') - Number(b.status === 'Running')
)) {
  await post('/print_jobs', { id, printer_id, filament_id, filepath, print_weight_in_grams })
  for (const step of steps[status]) await post(`/print_jobs/${id}/status`, { status: step })
}
console.log(`${farm.printers.length} printers, ${farm.filaments.length} filaments, ${farm.jobs.length} jobs`)
