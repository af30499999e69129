import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { PROBLEMS } from '@contract/problems'
import { CLIENT_CODES } from '@/api/errors'
import de from '@/locales/de.json'
import en from '@/locales/en.json'

const ROOT = resolve(process.cwd(), 'src-renderer')

function keysOf(node: object, path = ''): string[] {
  return Object.entries(node).flatMap(([key, value]) => {
    const at = path === '' ? key : `${path}.${key}`
    return typeof value === 'object' && value !== null ? keysOf(value as object, at) : [at]
  })
}
const textOf = (locale: object, key: string) =>
  String(key.split('.').reduce<unknown>((node, part) => (node as Record<string, unknown>)[part], locale))

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.isDirectory()) return sources(join(folder, entry.name))
    return /\.(vue|ts)$/.test(entry.name) ? [readFileSync(join(folder, entry.name), 'utf8')] : []
  })
}

/** Every string literal that looks like a key, and a pattern for every template literal that builds one. */
function uses(code: string): { literals: Set<string>; patterns: RegExp[] } {
  const literals = new Set([...code.matchAll(/'([a-zA-Z]\w*(?:\.\w+)+)'/g)].map(([, key]) => key as string))
  const patterns = [...code.matchAll(/`([a-zA-Z]\w*\.[^`\n]*\$\{[^`\n]*)`/g)].map(
    ([, key]) =>
      new RegExp(
        `^${(key as string)
          .replace(/\$\{[^}]*\}/g, '\u0000')
          .replaceAll('.', '\\.')
          .replaceAll('\u0000', '\\w+')}$`
      )
  )
  return { literals, patterns }
}

const keys = keysOf(en)
const { literals, patterns } = uses(sources(ROOT).join('\n'))
const isUsed = (key: string) => literals.has(key) || patterns.some((pattern) => pattern.test(key))

describe('the texts', () => {
  it('have the same keys in both languages', () => {
    expect(keysOf(de).toSorted()).toEqual(keys.toSorted())
  })

  it('have no key that nothing uses', () => {
    expect(keys.filter((key) => !isUsed(key))).toEqual([])
  })

  it('exist for every key that the code names', () => {
    const known = new Set(keys)
    const called = [
      ...sources(ROOT)
        .join('\n')
        .matchAll(/\bt\(\s*'([^']+)'/g)
    ].map(([, key]) => key as string)
    expect(called.length).toBeGreaterThan(200)
    expect(called.filter((key) => !known.has(key))).toEqual([])
  })

  it('name the same values and the same number of plural forms', () => {
    const shape = (text: string) => ({
      names: [...new Set([...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name))].toSorted(),
      forms: text.split('|').length
    })
    const differing = keys.filter((key) => {
      const [a, b] = [shape(textOf(en, key)), shape(textOf(de, key))]
      return JSON.stringify(a) !== JSON.stringify(b)
    })
    expect(differing).toEqual([])
  })

  it.each([...Object.keys(PROBLEMS), ...CLIENT_CODES])('tell of %s what happened and what to do', (code) => {
    for (const locale of [en, de]) {
      expect(textOf(locale, `problem.${code}.title`)).toMatch(/\S{3}/)
      expect(textOf(locale, `problem.${code}.todo`)).toMatch(/[.!]$/)
    }
  })

  it('are judged by a test that notices an unused key', () => {
    expect(isUsed('nav.overview')).toBe(true)
    expect(isUsed('nav.nowhere')).toBe(false)
    expect(isUsed('problem.anything.title')).toBe(true)
  })
})
