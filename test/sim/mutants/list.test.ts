/** Each mutant fits today's sources: what it replaces stands there once, and makes a difference. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { MUTANTS } from './list'

const root = resolve(import.meta.dirname, '../../..')

describe('mutants', () => {
  it.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))('%s', (_name, { file, find, replace }) => {
    expect(readFileSync(resolve(root, file), 'utf8').split(find)).toHaveLength(2)
    expect(replace).not.toBe(find)
  })
  it('have names of their own', () => {
    expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length)
  })
})
