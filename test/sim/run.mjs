/** node test/sim/run.mjs [flags]: builds (in a fraction of a second) and runs. */
import { pathToFileURL } from 'node:url'
import { bundle } from './build.mjs'

process.setSourceMapsEnabled(true)
await import(pathToFileURL(await bundle()).href)
