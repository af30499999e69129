/**
 * node test/sim/same.mjs [--seeds 1..10]: each seed's full trace twice on this Node, and once on Electron's where there
 * is an Electron (ELECTRON_OVERRIDE_DIST_PATH, or the one that is installed). Fails unless all are the same, byte for byte.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { bundle } from '../support/bundle.mjs'

const [, range = '1..10'] = /--seeds[= ](\S+)/.exec(process.argv.slice(2).join(' ')) ?? []
const [from, to] = range.split('..').map(Number)

function electron() {
  const folder = process.env.ELECTRON_OVERRIDE_DIST_PATH
  if (folder !== undefined) return join(folder, process.platform === 'win32' ? 'electron.exe' : 'electron')
  try {
    return createRequire(import.meta.url)('electron')
  } catch {
    // Its binary was never downloaded.
    return null
  }
}

/** The trace's SHA-256 and size; the last line, which tells how fast the run was, is no part of it. */
function trace(runtime, simulator, seed) {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1' }
    const child = spawn(runtime, [simulator, '--seed', String(seed), '--log', 'full'], { env })
    const chunks = []
    child.stdout.on('data', (chunk) => chunks.push(chunk))
    child.on('error', reject)
    child.on('close', () => {
      const all = Buffer.concat(chunks)
      const text = all.subarray(0, all.lastIndexOf(`1 seeds, `))
      resolve({ bytes: text.length, sha256: createHash('sha256').update(text).digest('hex') })
    })
  })
}

const simulator = await bundle({ entry: 'test/sim/main.ts', name: 'sim-same' })
const other = electron()
const runtimes = [process.execPath, process.execPath, ...(other !== null && existsSync(other) ? [other] : [])]
console.log(`Node ${process.version} twice${runtimes.length > 2 ? `, ${other} once` : '; no Electron found'}`)
let different = 0
for (let seed = from; seed <= to; seed++) {
  const traces = []
  for (const runtime of runtimes) traces.push(await trace(runtime, simulator, seed))
  const [first] = traces
  const same = first.bytes > 0 && traces.every(({ sha256 }) => sha256 === first.sha256)
  if (!same) different++
  console.log(
    `seed ${seed}: ${first.bytes} bytes, ${first.sha256.slice(0, 16)} ${same ? 'everywhere' : JSON.stringify(traces)}`
  )
}
console.log(`${to - from + 1 - different} of ${to - from + 1} seeds have the same trace on all ${runtimes.length} runs`)
process.exitCode = different === 0 ? 0 : 1
