import { resolve } from 'node:path'
import { ESLint } from 'eslint'
import ts from 'typescript'
import { beforeAll, describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const folder = resolve(root, 'src-main/farm')

const PLAIN = `import type { Printer } from './types'\nexport const id = (printer: Printer): string => printer.id\n`

const IMPURE_TO_THE_COMPILER = [
  `import { readFileSync } from 'node:fs'\nexport const x = readFileSync`,
  `import { readFileSync } from 'fs'\nexport const x = readFileSync`,
  `import { randomUUID } from 'node:crypto'\nexport const x = randomUUID()`,
  `import { setTimeout as wait } from 'node:timers/promises'\nexport const x = wait(1)`,
  `export const x = setTimeout(() => undefined, 1)`,
  `export const x = setImmediate(() => undefined)`,
  `export const x = process.hrtime()`,
  `export const x = Buffer.from('')`,
  `export const x = performance.now()`,
  `export const x = crypto.randomUUID()`,
  `console.log('')\nexport {}`
]

const IMPURE_TO_THE_LINTER = [
  `import { readFileSync } from 'node:fs'\nexport const x = readFileSync`,
  `import { step } from '../raft/core'\nexport const x = step`,
  `export const x = setTimeout(() => undefined, 1)`,
  `export const x = Date.now()`,
  `export const x = new Date()`,
  `export const x = Date()`,
  `export const x = Math.random()`,
  `export const x = performance.now()`
]

/** What the compiler, with the farm's own settings, says about files of these contents in the farm. */
function compilerErrors(sources: readonly string[]): readonly (readonly string[])[] {
  const read = ts.readConfigFile(resolve(folder, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as {
    config: object
  }
  const { options, fileNames } = ts.parseJsonConfigFileContent(read.config, ts.sys, folder)
  const host = ts.createCompilerHost(options)
  const { fileExists, readFile, getSourceFile } = host
  const probes = new Map(sources.map((source, i) => [resolve(folder, `purity-probe-${i}.ts`), source]))
  host.fileExists = (path) => probes.has(path) || fileExists(path)
  host.readFile = (path) => probes.get(path) ?? readFile(path)
  host.getSourceFile = (path, ...rest) => {
    const source = probes.get(path)
    return source === undefined
      ? getSourceFile(path, ...rest)
      : ts.createSourceFile(path, source, ts.ScriptTarget.ES2023)
  }
  const program = ts.createProgram({ rootNames: [...fileNames, ...probes.keys()], options, host })
  return Array.from(probes.keys(), (path) => {
    const file = program.getSourceFile(path)
    const diagnostics = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]
    return diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '))
  })
}

describe('the farm is pure', () => {
  const compiled = new Map<string, readonly string[]>()
  let eslint: ESLint

  beforeAll(() => {
    const sources = [PLAIN, ...IMPURE_TO_THE_COMPILER]
    for (const [i, errors] of compilerErrors(sources).entries()) compiled.set(sources[i] ?? '', errors)
    eslint = new ESLint({ cwd: root, overrideConfigFile: resolve(root, '.config/eslint.config.js') })
  }, 60_000)

  async function linterErrors(source: string): Promise<readonly string[]> {
    const [result] = await eslint.lintText(source, { filePath: resolve(folder, 'purity-probe.ts') })
    return (result?.messages ?? []).filter(({ severity }) => severity === 2).map(({ message }) => message)
  }

  it('plain code passes both', async () => {
    expect(compiled.get(PLAIN)).toEqual([])
    expect(await linterErrors(PLAIN)).toEqual([])
  })

  it.each(IMPURE_TO_THE_COMPILER)('the compiler refuses %j', (source) => {
    expect(compiled.get(source)).not.toEqual([])
  })

  it.each(IMPURE_TO_THE_LINTER)('the linter refuses %j', async (source) => {
    expect(await linterErrors(source)).not.toEqual([])
  })
})
