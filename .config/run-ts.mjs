/** Runs a TypeScript program of the test tree in plain Node: `node .config/run-ts.mjs test/bench/main.ts [arguments]` */
import { basename, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { bundle } from '../test/support/bundle.mjs'

const [program, ...rest] = process.argv.slice(2)
const file = await bundle({ entry: resolve(program), name: `${basename(program, '.ts')}-${process.pid}` })
process.argv.splice(1, Infinity, file, ...rest)
process.setSourceMapsEnabled(true)
await import(pathToFileURL(file).href)
