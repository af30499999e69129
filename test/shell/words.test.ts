import { describe, expect, it } from 'vitest'
import { wordsFor, type Words } from '../../src-main/shell/words'

/** Every path of the words with the kind of thing at its end. */
function shape(words: object, path = ''): string[] {
  return Object.entries(words).flatMap(([key, value]) =>
    typeof value === 'object' && value !== null ? shape(value, `${path}${key}.`) : [`${path}${key}: ${typeof value}`]
  )
}

const texts = (words: Words): string[] => [
  ...Object.values(words.menu),
  ...Object.values(words.closed),
  words.cannotStart
]

describe('the words of the shell', () => {
  it('follow the language of the system, English for every other', () => {
    expect(wordsFor('de').menu.quit).toBe('Raft3D beenden')
    expect(wordsFor('de-AT')).toBe(wordsFor('de'))
    expect(wordsFor('en-GB').menu.quit).toBe('Quit Raft3D')
    expect(wordsFor('den')).toBe(wordsFor('en'))
    expect(wordsFor('')).toBe(wordsFor('en'))
  })

  it('are complete in each language', () => {
    expect(shape(wordsFor('de'))).toEqual(shape(wordsFor('en')))
    for (const locale of ['en', 'de']) expect(texts(wordsFor(locale)).every((text) => text.trim() !== '')).toBe(true)
  })

  it('hold what they are told', () => {
    for (const locale of ['en', 'de']) {
      const { notice, tray } = wordsFor(locale)
      expect(notice.jobDone('benchy.gcode', 'MK4').body).toMatch(/benchy\.gcode .* MK4/)
      expect(notice.filamentLow('PLA', 42).body).toMatch(/PLA: .*42 g/)
      expect(tray.someReachable(2, 3)).toMatch(/2 .* 3/)
    }
  })
})
