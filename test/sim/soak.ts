/** Runs seed after seed on all cores until stopped; says now and then how much has been lived through. */
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** Seeds in one process: it runs compiled code after the first hundred. */
const BATCH = 1000
/** A large young generation, for most of what a run makes is soon forgotten. */
const NODE_FLAGS = ['--max-semi-space-size=32']

/** `| 200 seeds, 0 failed, 8000 simulated seconds in 30.1 s (…, 900 events/s) …` */
const SUMMARY = /^(\d+) seeds, (\d+) failed, (\d+) simulated seconds in ([\d.]+) s \(\d+ per second, (\d+) events\/s\)/

export function soak(from: number, cores: number | undefined, print: (line: string) => void): void {
  const workers = cores ?? availableParallelism()
  const startedAt = performance.now()
  let next = from
  let seeds = 0
  let failed = 0
  let simulatedSeconds = 0
  let events = 0
  print(`soak from seed ${from} on ${workers} cores; stop with Ctrl-C`)
  const work = (): void => {
    const first = next
    next += BATCH
    const seedsOf = ['--seeds', `${first}..${first + BATCH - 1}`]
    const child = spawn(process.execPath, [...NODE_FLAGS, fileURLToPath(import.meta.url), ...seedsOf], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: process.env
    })
    createInterface(child.stdout).on('line', (line) => {
      const match = SUMMARY.exec(line)
      if (match === null) {
        if (line.trim() !== '') print(line)
        return
      }
      seeds += Number(match[1])
      failed += Number(match[2])
      simulatedSeconds += Number(match[3])
      events += Number(match[4]) * Number(match[5])
    })
    child.on('close', (code) => {
      if (code !== 0 && code !== 1) print(`seeds ${first}..${first + BATCH - 1} ended with ${code}`)
      const hours = simulatedSeconds / 3600
      const seconds = (performance.now() - startedAt) / 1000
      print(
        `${seeds} seeds, ${failed} failed, ${hours.toFixed(2)} simulated hours, ${Math.round(events / seconds)} events/s`
      )
      work()
    })
  }
  for (let i = 0; i < workers; i++) work()
}
