/** The core is pure: the compiler or the linter refuses whatever could make two runs of one input differ. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { ESLint } from 'eslint'
import ts from 'typescript'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const scratch = resolve(root, 'node_modules/.cache/purity')
const raft = resolve(root, 'src-main/raft')

beforeAll(() => void mkdirSync(scratch, { recursive: true }))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

/** What the compiler says about this source under the core's own tsconfig. */
function compilerRefusals(source: string, name: string): string[] {
  const { config } = ts.readConfigFile(join(raft, 'tsconfig.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, raft)
  const file = join(scratch, `${name}.ts`)
  writeFileSync(file, source)
  const program = ts.createProgram([file], {
    ...options,
    noEmit: true,
    composite: false,
    emitDeclarationOnly: false,
    rootDir: root
  })
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
}

/** What the linter says about this source, were it a file of the core. */
async function linterRefusals(source: string): Promise<string[]> {
  const eslint = new ESLint({ cwd: root, overrideConfigFile: join(root, '.config/eslint.config.js') })
  const [result] = await eslint.lintText(source, { filePath: join(raft, 'impure.ts') })
  return result!.messages.map(({ ruleId, message }) => `${ruleId}: ${message}`)
}

const impure: Record<string, string> = {
  'the file system': `import { readFileSync } from 'node:fs'\nexport const x = readFileSync('x')\n`,
  'a timer': `export const x = setTimeout(() => {}, 1)\n`,
  'the wall clock': `export const x = Date.now()\n`,
  'the monotonic clock': `export const x = performance.now()\n`,
  'randomness of its own': `export const x = Math.random()\n`,
  'the process': `export const x = process.env\n`,
  'the console': `console.log('x')\nexport {}\n`,
  'another part of the node': `import { systemClock } from '../runtime/clock'\nexport const x = systemClock\n`
}

test.each(Object.keys(impure))('a file of the core that uses %s is refused', { timeout: 60_000 }, async (what) => {
  const source = impure[what]!
  const refusals = [...compilerRefusals(source, what.replaceAll(' ', '-')), ...(await linterRefusals(source))]
  expect(refusals).not.toEqual([])
})

test('a pure file is not refused', { timeout: 60_000 }, async () => {
  const source = `export const twice = (n: number): number => 2 * n\n`
  expect([...compilerRefusals(source, 'pure'), ...(await linterRefusals(source))]).toEqual([])
})
