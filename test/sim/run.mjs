/** node test/sim/run.mjs [flags]: builds (in a fraction of a second) and runs. */
import { spawnSync } from 'node:child_process'
import { pathToFileURL } from 'node:url'
import { bundle } from '../support/bundle.mjs'

const git = (...words) => spawnSync('git', words, { encoding: 'utf8', cwd: import.meta.dirname }).stdout?.trim() ?? ''

process.setSourceMapsEnabled(true)
const changed = git('status', '--porcelain', '--', '../../src-main', '.') === '' ? '' : ' with changes'
process.env.SIM_COMMIT ??= `${git('rev-parse', '--short', 'HEAD') || 'unknown'}${changed}`
await import(pathToFileURL(await bundle({ entry: 'test/sim/main.ts', name: 'sim' })).href)
