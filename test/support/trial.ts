/**
 * The size of a trial and where its figures go. `npm test` runs the short form; `npm run trials` (RAFT3D_TRIAL=full)
 * the whole, and prints each figure beside its bar. Figures are never asserted: they depend on the machine.
 */
import { appendFileSync, mkdirSync } from 'node:fs'
import { loadavg } from 'node:os'
import { dirname, resolve } from 'node:path'

export const FULL_TRIAL = process.env.RAFT3D_TRIAL === 'full'

/** Rounds, seconds or entries: few in the short form. */
export const sized = (short: number, full: number): number => (FULL_TRIAL ? full : short)

export interface Figure {
  readonly what: string
  readonly seen: string
  readonly bar?: string
}

export interface Reported {
  readonly trial: string
  readonly load: string
  readonly figures: readonly Figure[]
}

/** One line of JSON for every report of a whole run. */
export const FIGURES_FILE = resolve('node_modules/.cache/trial-figures.jsonl')

export function report(trial: string, figures: readonly Figure[]): void {
  const width = Math.max(...figures.map(({ what }) => what.length))
  const lines = figures.map(
    ({ what, seen, bar }) => `  ${what.padEnd(width)}  ${seen}${bar === undefined ? '' : `  (bar: ${bar})`}`
  )
  const load = loadavg()[0]!.toFixed(1)
  console.log(`${trial}, load average ${load}\n${lines.join('\n')}`)
  if (!FULL_TRIAL) return
  mkdirSync(dirname(FIGURES_FILE), { recursive: true })
  appendFileSync(FIGURES_FILE, `${JSON.stringify({ trial, load, figures } satisfies Reported)}\n`)
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

export const median = (values: readonly number[]): number => quantile(values, 0.5)
export const milliseconds = (value: number): string => `${Math.round(value)} ms`
