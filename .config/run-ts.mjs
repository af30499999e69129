/**
 * Runs a TypeScript program of the test tree in plain Node: bundles it, with everything of this project it
 * imports, and imports the result. `node .config/run-ts.mjs test/bench/main.ts [arguments]`
 */
import { mkdirSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { rolldown } from 'rolldown'

const [program, ...rest] = process.argv.slice(2)
const root = resolve(import.meta.dirname, '..')
const folder = join(root, 'node_modules/.cache/run-ts')
mkdirSync(folder, { recursive: true })
const file = join(folder, `${basename(program, '.ts')}-${process.pid}.mjs`)
const bundle = await rolldown({
  input: resolve(root, program),
  platform: 'node',
  external: (id) => !/^[./]|^\0/.test(id) && !id.startsWith(root),
  cwd: root
})
await bundle.write({ file, format: 'esm', sourcemap: 'inline' })
await bundle.close()
process.argv.splice(1, Infinity, file, ...rest)
process.setSourceMapsEnabled(true)
await import(pathToFileURL(file).href)
