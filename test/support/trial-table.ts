/** Around a run of all trials: forgets the figures of the last one, and prints those of this one in one table. */
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { FIGURES_FILE, type Reported } from './trial'

export function setup(): void {
  rmSync(FIGURES_FILE, { force: true })
}

export function teardown(): void {
  if (!existsSync(FIGURES_FILE)) return
  const reports = readFileSync(FIGURES_FILE, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Reported)
  const rows = reports.flatMap(({ trial, load, figures }) =>
    figures.map(({ what, seen, bar = '' }, n) => [n === 0 ? trial : '', what, seen, bar, n === 0 ? load : ''])
  )
  const table = [['trial', 'figure', 'seen', 'bar', 'load average'], ...rows]
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)))
  const lines = table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd()
  )
  process.stdout.write(`\n${lines.join('\n')}\n`)
}
