/** SCENARIOS.md maps scenarios to tests; the map must lead somewhere. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

const folder = import.meta.dirname
const sections = readFileSync(join(folder, 'SCENARIOS.md'), 'utf8').split('\n## ').slice(1)

const rowsOf = (section: string): string[][] =>
  section
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| scenario'))
    .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| ?| ?\|$/g, '').trim()))

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)

/** A test or a group of tests has this title, quoted as it stands in the table. */
const hasTitle = (file: string, title: string): boolean =>
  new RegExp(`(?:test|describe|\\))\\(\\s*(['"\`])${escaped(title)}\\1`).test(readFileSync(file, 'utf8'))

describe.each(sections.map((section) => [section.split('\n')[0]!, section]))('%s', (heading, section) => {
  const rows = rowsOf(section)

  test('has as many rows as it says, each scenario once', () => {
    expect(rows).toHaveLength(Number(/\((\d+)\)$/.exec(heading)?.[1]))
    expect(new Set(rows.map(([scenario]) => scenario)).size).toBe(rows.length)
  })

  test('every row names a test that exists, or a reason', () => {
    const broken = rows.filter(([, where = '', remark = '']) => {
      if (where === '–') return remark === ''
      const [file = '', title = ''] = where.split(' › ')
      return title === '' || !existsSync(join(folder, file)) || !hasTitle(join(folder, file), title)
    })
    expect(broken).toEqual([])
  })
})

test('a title that no test has is found out', () => {
  expect(hasTitle(join(folder, 'election.test.ts'), 'learners')).toBe(true)
  expect(hasTitle(join(folder, 'election.test.ts'), 'learner')).toBe(false)
  expect(sections).toHaveLength(8)
})
