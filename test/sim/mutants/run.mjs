/**
 * node test/sim/mutants/run.mjs [--only TEXT,TEXT] [--seeds 500]: plants each mutant and looks for it with the simulator.
 * Prints a table; fails when one survives.
 */
import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { pathToFileURL } from 'node:url'
import { bundle } from '../../support/bundle.mjs'

const option = (name, otherwise) => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? otherwise : process.argv[at + 1]
}

/** @type {{ MUTANTS: readonly { name: string, file: string, find: string, replace: string }[] }} */
const { MUTANTS } = await import(
  pathToFileURL(await bundle({ entry: 'test/sim/mutants/list.ts', name: 'mutants' })).href
)
const seedsMax = Number(option('seeds', '500'))
const only = option('only', '').split(',')
const cores = Number(option('cores', String(availableParallelism())))
const queue = MUTANTS.map((mutant, number) => ({ ...mutant, number })).filter(({ name }) =>
  only.some((text) => name.includes(text))
)
const results = []

/** Runs seeds from 1 on; gives those that failed, with the checker that said so. */
function hunt(file, flags) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [file, '--seeds', `1..${seedsMax}`, ...flags], {
      stdio: ['ignore', 'pipe', 'pipe']
    })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text) => (output += text))
    child.stderr.setEncoding('utf8').on('data', (text) => (output += text))
    child.on('close', (code) => {
      const failed = [...output.matchAll(/seed (\d+) FAILED after \d+ ms: (.*)/g)]
      if (failed.length > 0 || code === 0) resolve(failed.map(([, seed, by]) => ({ seed: Number(seed), by })))
      else reject(new Error(`the simulator ended with ${code}: ${output.slice(-300)}`))
    })
  })
}

// A seed that fails without any mutant would prove nothing.
const broken = (await hunt(await bundle({ entry: 'test/sim/main.ts', name: 'mutants-baseline' }), [])).map(
  ({ seed }) => seed
)
if (broken.length > 0) console.log(`left out, for they fail as the sources are: seeds ${broken.join(', ')}`)

async function worker() {
  for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
    const name = `mutant-${mutant.number}`
    let result
    try {
      const file = await bundle({ entry: 'test/sim/main.ts', name, edits: [mutant] })
      result = (await hunt(file, ['--until', 'failure', '--skip', broken.join()]))[0] ?? null
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
