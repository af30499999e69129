import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BackupText } from '../../src-main/api/backup-text'

const KINDS = ['printers', 'filaments', 'print_jobs', 'tokens']

/** What the remainder and the parts hold together. */
function joined(text: string, cuts: readonly number[], partChars: number): unknown {
  const backup = new BackupText()
  let at = 0
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    backup.push(text.slice(at, cut))
    at = Math.max(at, cut)
  }
  backup.push(text.slice(at))
  const whole = backup.rest()
  for (const { kind, first, text: list } of backup.parts(partChars)) {
    const target = (whole as Record<string, unknown[]>)[kind]!
    expect(first).toBe(target.length)
    target.push(...(JSON.parse(list) as unknown[]))
  }
  return whole
}

/** Short, and of what makes strings and lists end. */
const trickyText = fc.array(fc.constantFrom('"', '\\', '[', ']', '{', '}', ',', 'a', ' ', '\u2028'), { maxLength: 6 })
const value = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    trickyText.map((chars) => chars.join('')),
    fc.integer(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('id', 'printers', '"', ']'), tie('value'), { maxKeys: 3 })
  )
})).value
const backupLike = fc.record(
  Object.fromEntries([
    ...KINDS.map((kind) => [kind, fc.array(value, { maxLength: 5 })]),
    ['format', value],
    ['other', value]
  ]) as Record<string, fc.Arbitrary<unknown>>,
  { requiredKeys: [] }
)

describe('a backup cut into records', () => {
  test('holds what the whole held, however the text arrives', () => {
    fc.assert(
      fc.property(
        backupLike,
        fc.constantFrom(undefined, 1, '\t'),
        fc.array(fc.nat(400), { maxLength: 8 }),
        fc.integer({ min: 1, max: 60 }),
        (backup, indent, cuts, partChars) => {
          const text = JSON.stringify(backup, null, indent)
          expect(joined(text, cuts, partChars)).toEqual(JSON.parse(text))
        }
      ),
      { numRuns: 500 }
    )
  })

  test('is refused wherever JSON.parse refuses it', () => {
    const whole = JSON.stringify({ format: 'x', printers: [{ id: 'a' }, [1, 2], 'b'], tokens: [], n: [1] })
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.constantFrom('', ',', ']', '}', '"', '[', ':', 'x'), (at, char) => {
        const text = whole.slice(0, at) + char + whole.slice(at + 1)
        let parsed: unknown = 'refused'
        try {
          parsed = JSON.parse(text)
        } catch {
          // Then this one must throw, too.
        }
        let cut: unknown = 'refused'
        try {
          cut = joined(text, [], 1000)
        } catch {
          // As it should.
        }
        expect(cut).toEqual(parsed)
      }),
      { numRuns: 2000 }
    )
  })

  test('parts keep the order of what names and what is named, whatever the order of the file', () => {
    const backup = new BackupText()
    backup.push(JSON.stringify({ print_jobs: [{ id: 'j' }], printers: [{ id: 'p' }], filaments: [{ id: 'f' }] }))
    expect([...backup.parts(1)].map(({ kind }) => kind)).toEqual(['printers', 'filaments', 'print_jobs'])
  })
})
