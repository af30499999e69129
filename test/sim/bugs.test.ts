/** BUGS.md maps known bugs to what finds them here; what it names must exist. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { PROBLEMS } from '../../src-main/contract/problems'
import { REFUSAL_CODES } from '../../src-main/transport/hello'
import { FAULT_KINDS } from './faults'
import { MUTANTS } from './mutants/list'

const here = import.meta.dirname
const text = readFileSync(join(here, 'BUGS.md'), 'utf8')
const rows = text
  .split('\n')
  .filter((line) => /^\| \d+ \|/.test(line))
  .map((line) => {
    const [number = '', what = '', by = ''] = line.slice(2, -2).split(' | ')
    return { number: Number(number), what, by }
  })

const found = (pattern: RegExp, inside: string): string[] =>
  [...inside.matchAll(pattern)].map(([, name = '']) => name.replaceAll(/\s+/g, ' '))

/** What a failing run can print as the broken rule. */
const CHECKERS = new Set(
  readdirSync(here, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
    .map((path) => readFileSync(join(here, path), 'utf8'))
    .flatMap((source) => [
      ...found(/new Violation\(\s*'([^']+)'/g, source),
      ...found(/new Violation\(\s*"([^"]+)"/g, source)
    ])
)
const MUTANT_NAMES = new Set(MUTANTS.map(({ name }) => name))
const CODES = new Set<string>([...FAULT_KINDS, ...Object.keys(PROBLEMS), ...REFUSAL_CODES])

const isKnown = (code: string): boolean =>
  code.endsWith('.test.ts') ? existsSync(join(here, '..', code)) : CODES.has(code)

describe('the map of known bugs', () => {
  it('has 74 rows, each once', () => {
    expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: 74 }, (_, i) => i + 1))
  })

  it('lists only checkers that a test sees fail', () => {
    const tests = readdirSync(here, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.test.ts'))
      .map((path) => readFileSync(join(here, path), 'utf8'))
    expect([...CHECKERS].filter((name) => !tests.some((text) => text.includes(name)))).toEqual([])
  })

  it('lists the checkers that exist', () => {
    const listed = found(/\*([^*]+)\*/g, text.slice(text.indexOf('Checkers:'), text.indexOf('## Elections')))
    expect(listed.filter((name) => !CHECKERS.has(name))).toEqual([])
  })

  describe.each(rows)('$number: $what', ({ by }) => {
    it('names checkers, mutants, faults and tests that exist', () => {
      expect(found(/\*([^*]+)\*/g, by).filter((name) => !CHECKERS.has(name))).toEqual([])
      const mutants = /mutants? (".*)/.exec(by)?.[1] ?? ''
      expect(found(/"([^"]+)"/g, mutants).filter((name) => !MUTANT_NAMES.has(name))).toEqual([])
      expect(found(/`([^`]+)`/g, by).filter((code) => !isKnown(code))).toEqual([])
    })

    it('says what finds it, or why it cannot occur', () => {
      expect(by).toMatch(/\*[^*]+\*|mutants? "|cannot occur/)
    })
  })
})
