/**
 * node test/sim/mutants/run.mjs [--only TEXT] [--seeds 500]: plants each mutant and looks for it with the simulator.
 * Prints a table; fails when one survives.
 */
import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { pathToFileURL } from 'node:url'
import { bundle } from '../build.mjs'

const option = (name, otherwise) => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? otherwise : process.argv[at + 1]
}

/** @type {{ MUTANTS: readonly { name: string, file: string, find: string, replace: string }[] }} */
const { MUTANTS } = await import(pathToFileURL(await bundle({ entry: 'mutants/list.ts', name: 'mutants' })).href)
const seedsMax = Number(option('seeds', '500'))
const only = option('only', '')
const cores = Number(option('cores', String(availableParallelism())))
const queue = MUTANTS.map((mutant, number) => ({ ...mutant, number })).filter(({ name }) => name.includes(only))
const results = []

/** Seeds 1, 2, 3 … until one fails. */
const hunt = (file) =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, [file, '--seeds', `1..${seedsMax}`, '--until', 'failure'], {
      stdio: ['ignore', 'pipe', 'pipe']
    })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text) => (output += text))
    child.stderr.setEncoding('utf8').on('data', (text) => (output += text))
    child.on('close', (code) => {
      const failed = /seed (\d+) FAILED after \d+ ms: (.*)/.exec(output)
      if (failed !== null) resolve({ seed: Number(failed[1]), by: failed[2] })
      else if (code === 0) resolve(null)
      else resolve({ seed: 0, by: `process ended with ${code}: ${output.slice(-300)}` })
    })
  })

async function worker() {
  for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
    const name = `mutant-${mutant.number}`
    let result
    try {
      const file = await bundle({ name, edits: [mutant] })
      result = await hunt(file)
      rmSync(file)
    } catch (error) {
      result = { seed: 0, by: `cannot be planted: ${error.message}` }
    }
    results.push({ ...mutant, result })
    console.log(`${mutant.name}: ${result === null ? 'SURVIVES' : `${result.by}, seed ${result.seed}`}`)
  }
}

await Promise.all(Array.from({ length: cores }, worker))
results.sort((a, b) => a.number - b.number)
console.log('\n| mutant | in | caught by | after seeds |\n|---|---|---|---|')
for (const { name, file, result } of results) {
  console.log(
    `| ${name} | ${file} | ${result?.by ?? 'SURVIVES'} | ${result === null ? `> ${seedsMax}` : result.seed} |`
  )
}
const alive = results.filter(({ result }) => result === null || result.seed === 0)
console.log(`\n${results.length - alive.length} of ${results.length} mutants caught`)
process.exitCode = alive.length === 0 ? 0 : 1
