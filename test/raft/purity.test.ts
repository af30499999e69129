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

/** What a file of the core may not use, how it would, and who refuses it with which words. */
const impure: [what: string, source: string, refusal: string][] = [
  ['the file system', `import { readFileSync } from 'node:fs'\nexport const x = readFileSync('x')\n`, 'raft/ is pure'],
  ['a timer', `export const x = setTimeout(() => {}, 1)\n`, `Cannot find name 'setTimeout'`],
  ['the wall clock', `export const x = Date.now()\n`, 'Time comes in with the input'],
  ['the monotonic clock', `export const x = performance.now()\n`, `Cannot find name 'performance'`],
  ['randomness of its own', `export const x = Math.random()\n`, 'Randomness comes in with the input'],
  ['the process', `export const x = process.env\n`, `Cannot find name 'process'`],
  ['the console', `console.log('x')\nexport {}\n`, `Cannot find name 'console'`],
  [
    'another part of the node',
    `import { systemClock } from '../runtime/clock'\nexport const x = systemClock\n`,
    'raft/ may not import runtime/'
  ]
]

test.each(impure)('a file of the core that uses %s is refused', { timeout: 60_000 }, async (what, source, refusal) => {
  const refusals = [...compilerRefusals(source, what.replaceAll(' ', '-')), ...(await linterRefusals(source))]
  expect(refusals.join('\n')).toContain(refusal)
})

test('a pure file is not refused', { timeout: 60_000 }, async () => {
  const source = `export const twice = (n: number): number => 2 * n\n`
  expect([...compilerRefusals(source, 'pure'), ...(await linterRefusals(source))]).toEqual([])
})
