import { describe, expect, it } from 'vitest'
import type { Member } from '@contract/cluster'
import { placeMachines } from '@/features/cluster/layout'
import { drawLines } from '@/features/cluster/links'
import { createFilamentDraft } from '@/features/filaments/filament-draft'
import { parseSliced } from '@/features/jobs/gcode'
import { quorumOf } from '@/stores/quorum'
import { swatchOf } from '@/ui/colour'
import { formatSort, parseSort, sorted } from '@/ui/table'
import { parseGrams } from '@/ui/weight'
import { filament } from './support/records'

const member = (id: string, suffrage: Member['suffrage'] = 'voter', reachable = true): Member => ({
  id,
  name: id,
  rpc_address: '',
  api_address: '',
  suffrage,
  reachable,
  match_index: 1,
  last_contact_ms: 1
})

describe('the quorum', () => {
  it.each([
    [1, 1, { needed: 1, survives: 0, missing: 0 }],
    [3, 3, { needed: 2, survives: 1, missing: 0 }],
    [3, 2, { needed: 2, survives: 0, missing: 0 }],
    [3, 1, { needed: 2, survives: 0, missing: 1 }],
    [5, 5, { needed: 3, survives: 2, missing: 0 }],
    [5, 1, { needed: 3, survives: 0, missing: 2 }]
  ])('of %i voters with %i up', (voters, up, expected) => {
    const members = Array.from({ length: voters }, (_, i) => member(`n${i}`, 'voter', i < up))
    expect(quorumOf([...members, member('l', 'learner')])).toMatchObject(expected)
  })
})

describe('the picture of the machines', () => {
  const sizes = { width: 800, cardMin: 160, cardMax: 200, cardHeight: 100, gapX: 20, gapY: 80, rail: 40 }
  const seven = ['n1', 'n2', 'n3', 'n4', 'n5']
    .map((id) => member(id))
    .concat(member('l1', 'learner'), member('l2', 'learner'))

  it('puts the leader alone above everyone', () => {
    const { spots } = placeMachines(seven, 'n3', sizes)
    expect(spots[0]).toMatchObject({ member: { id: 'n3' }, y: 0 })
    expect(spots.filter(({ y }) => y === 0)).toHaveLength(1)
  })

  it.each([360, 420, 800, 1600])('lets no two cards overlap and none leave %i px', (width) => {
    const { spots, cardWidth, height } = placeMachines(seven, 'n1', { ...sizes, width })
    for (const a of spots) {
      expect(a.x).toBeGreaterThanOrEqual(0)
      expect(a.x + cardWidth).toBeLessThanOrEqual(width)
      expect(a.y + sizes.cardHeight).toBeLessThanOrEqual(height)
      for (const b of spots)
        if (a !== b) expect(Math.abs(a.x - b.x) >= cardWidth || Math.abs(a.y - b.y) >= sizes.cardHeight).toBe(true)
    }
  })
})

describe('the lines of the picture', () => {
  const sizes = { width: 800, cardMin: 160, cardMax: 200, cardHeight: 100, gapX: 20, gapY: 80, rail: 40 }
  const members = ['n1', 'n2', 'n3', 'n4', 'n5', 'n6', 'n7'].map((id) => member(id))

  it.each([420, 560, 800])('reach everyone on %i px without running through a card', (width) => {
    const all = { ...sizes, width }
    for (const count of [2, 3, 4, 5, 6, 7]) {
      const picture = placeMachines(members.slice(0, count), 'n1', all)
      const lines = drawLines(picture, 'n1', all)
      expect(lines).toHaveLength(count - 1)
      for (const { path, spot } of lines) {
        const [, x, end] = /L([\d.-]+),([\d.-]+)/.exec(path) ?? []
        if (x === undefined || picture.shape === 'rail') continue
        const between = picture.spots.filter((other) => other.y > 0 && other.y < spot.y)
        expect(Number(end)).toBeLessThanOrEqual(spot.y)
        for (const other of between) expect(Number(x) <= other.x || Number(x) >= other.x + picture.cardWidth).toBe(true)
      }
    }
  })

  it.each([560, 800, 1600])('come from straight above through the middle of their labels on %i px', (width) => {
    const all = { ...sizes, width }
    for (const { path, spot, labelX, labelY } of drawLines(placeMachines(members, 'n1', all), 'n1', all)) {
      const [, x, from, to] = /,?([\d.-]+),([\d.-]+) V([\d.-]+)$/.exec(path) ?? []
      expect([Number(x), Number(to)]).toEqual([labelX, spot.y])
      expect(Number(from)).toBeLessThan(labelY - sizes.gapY / 10)
    }
  })

  it('are none while there is no leader', () => {
    expect(drawLines(placeMachines(members, null, sizes), null, sizes)).toEqual([])
  })
})

describe('a weight as typed', () => {
  it.each([
    ['250', 250],
    [' 12,5 g ', 12.5],
    ['.5', 0.5],
    ['', null],
    ['1e3', null],
    ['-4', null],
    ['1.000,5', null]
  ])('%j is %s', (text, grams) => {
    expect(parseGrams(text)).toBe(grams)
  })
})

describe('a filament draft', () => {
  it('takes an empty remaining weight as a full roll', () => {
    const { typed, ready } = createFilamentDraft(undefined, 0)
    Object.assign(typed, { type: 'PLA', color: 'Red', total: '750' })
    expect(ready.value).toMatchObject({ total_weight_in_grams: 750, remaining_weight_in_grams: 750 })
  })

  it('refuses more than the total and less than what is reserved', () => {
    const { typed, problems } = createFilamentDraft(filament('f1'), 300)
    typed.remaining = '1001'
    expect(problems.value.remaining).toBe('aboveTotal')
    typed.remaining = '299'
    expect(problems.value.remaining).toBe('belowReserved')
    typed.remaining = '300'
    expect(problems.value).toEqual({})
  })
})

describe('a swatch', () => {
  it.each([
    ['#7C3AED', '#7C3AED'],
    ['Galaxy Black', '#26282b'],
    ['schwarz', '#26282b'],
    ['Jade White', '#f4f4f1'],
    ['Sky Blue', '#5aaeea'],
    ['Mint Green', '#77d2ac'],
    ['Unobtainium', null]
  ])('of %s is %s', (text, css) => {
    expect(swatchOf(text).css).toBe(css)
  })

  it('knows clear from coloured', () => {
    expect(swatchOf('Transparent')).toMatchObject({ clear: true })
    expect(swatchOf('Clear Red')).toMatchObject({ clear: true, css: '#cf2e2e' })
  })

  it('shades light and dark ones', () => {
    expect(swatchOf('dunkelgrün').css).toContain('black')
    expect(swatchOf('Light Grey').css).toContain('white')
  })
})

describe('a sliced file tells its weight', () => {
  it.each([
    [
      'PrusaSlicer',
      '; generated by PrusaSlicer 2.9.2 on x\n; filament used [mm] = 306.84\n; filament used [g] = 0.92\n; total filament used [g] = 0.92',
      0.92
    ],
    ['several tools', '; filament used [g] = 1.5, 2.5', 4],
    ['BambuStudio', '; BambuStudio 01.09\n; total filament weight [g] : 2.83', 2.83],
    ['Cura, by length', ';Generated with Cura_SteamEngine 5.4\n;Filament used: 1.39753m', 4.17],
    ['Slic3r, by length', '; filament used = 1585.0mm (3.8cm3)', 4.73],
    ['a placeholder', ';Filament used: 0m', null],
    ['nothing', 'G28', null]
  ])('%s', (_slicer, text, grams) => {
    expect(parseSliced(text).grams).toBe(grams)
  })

  it('and its slicer', () => {
    expect(parseSliced(';Generated with Cura_SteamEngine 5.4').slicer).toBe('Cura')
    expect(parseSliced('; generated by OrcaSlicer 2.3.0 on x').slicer).toBe('OrcaSlicer')
  })
})

describe('sorting', () => {
  it('reads numbers inside names, and keeps equal rows in order both ways', () => {
    const rows = [{ n: 'Bay 10' }, { n: 'Bay 2' }, { n: 'bay 2' }]
    expect(sorted(rows, ({ n }) => n, false)).toEqual([rows[1], rows[2], rows[0]])
    expect(sorted(rows, ({ n }) => n, true)).toEqual([rows[0], rows[1], rows[2]])
  })

  it('survives its way through the address', () => {
    const initial = { key: 'a', down: false } as const
    expect(parseSort('-b', ['a', 'b'], initial)).toEqual({ key: 'b', down: true })
    expect(parseSort('evil', ['a', 'b'], initial)).toBe(initial)
    expect(formatSort({ key: 'b', down: true })).toBe('-b')
  })
})
