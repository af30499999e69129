/**
 * Where the machines stand in the picture: the leader above, those that follow it in rows below, learners last; on a
 * narrow page one below the other beside a rail. In pixels of the drawing area; pure, so that it can be tested.
 */
import type { Member } from '@contract/cluster'

export interface Spot {
  readonly member: Member
  readonly x: number
  readonly y: number
}

export interface Picture {
  readonly shape: 'tree' | 'rail'
  readonly cardWidth: number
  readonly height: number
  readonly spots: readonly Spot[]
}

export interface Sizes {
  readonly width: number
  readonly cardMin: number
  readonly cardMax: number
  readonly cardHeight: number
  readonly gapX: number
  /** Between rows that links run between. */
  readonly gapY: number
  /** Left of the cards beside a rail. */
  readonly rail: number
}

export function placeMachines(members: readonly Member[], leaderId: string | null, sizes: Sizes): Picture {
  const leader = members.find(({ id }) => id === leaderId)
  const others = members
    .filter(({ id }) => id !== leaderId)
    .sort((a, b) => Number(a.suffrage === 'learner') - Number(b.suffrage === 'learner'))
  const perRow = Math.floor((sizes.width + sizes.gapX) / (sizes.cardMin + sizes.gapX))
  if (perRow < 2 && members.length > 1) return rail(leader ? [leader, ...others] : others, sizes)

  const below = balanced(others, Math.max(1, perRow))
  const widest = Math.max(1, ...below.map(({ length }) => length))
  const room = (sizes.width - (widest - 1) * sizes.gapX) / widest
  const cardWidth = Math.min(sizes.cardMax, sizes.width, Math.max(sizes.cardMin, room))
  const rows = [leader ? [leader] : [], ...below].filter(({ length }) => length > 0)
  const gapY = leader ? sizes.gapY : sizes.gapX

  const spots = rows.flatMap((row, r) => {
    const width = row.length * cardWidth + (row.length - 1) * sizes.gapX
    return row.map((member, c) => ({
      member,
      x: (sizes.width - width) / 2 + c * (cardWidth + sizes.gapX),
      y: r * (sizes.cardHeight + gapY)
    }))
  })
  return { shape: 'tree', cardWidth, height: rows.length * sizes.cardHeight + (rows.length - 1) * gapY, spots }
}

function rail(members: readonly Member[], sizes: Sizes): Picture {
  const gapY = sizes.gapY / 2
  return {
    shape: 'rail',
    cardWidth: sizes.width - sizes.rail,
    height: members.length * sizes.cardHeight + (members.length - 1) * gapY,
    spots: members.map((member, i) => ({
      member,
      x: i === 0 ? 0 : sizes.rail,
      y: i * (sizes.cardHeight + gapY)
    }))
  }
}

/** Rows of nearly equal length instead of full ones and a rest. */
function balanced<T>(list: readonly T[], max: number): T[][] {
  const rows = Math.ceil(list.length / max)
  const size = Math.ceil(list.length / Math.max(1, rows))
  return Array.from({ length: rows }, (_, i) => list.slice(i * size, (i + 1) * size))
}
