/** The simulator replays on Electron's Node what it ran on this one. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const SAME = join(import.meta.dirname, '../sim/same.mjs')

test('a seed has the same trace on Node and on Electron’s Node, byte for byte', { timeout: 120_000 }, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [SAME, '--seeds', '1..3'])
  expect(stdout).toContain('3 of 3 seeds have the same trace on all 3 runs')
})
