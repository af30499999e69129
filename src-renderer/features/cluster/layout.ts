/**
 * Where the machines stand in the picture: the leader above, those that follow it in rows below, learners last.
 * Everything in pixels of the drawing area; pure, so that the picture and its test agree.
 */
import type { Member } from '@contract/cluster'

export interface Spot {
  readonly member: Member
  readonly x: number
  readonly y: number
}

export interface Picture {
  readonly height: number
  readonly spots: readonly Spot[]
}

export interface Sizes {
  readonly width: number
  readonly cardWidth: number
  readonly cardHeight: number
  readonly gapX: number
  readonly gapY: number
}

export function placeMachines(members: readonly Member[], leaderId: string | null, sizes: Sizes): Picture {
  const leader = members.find(({ id }) => id === leaderId)
  const voters = members.filter(({ id, suffrage }) => id !== leaderId && suffrage === 'voter')
  const learners = members.filter(({ id, suffrage }) => id !== leaderId && suffrage === 'learner')
  const perRow = Math.max(1, Math.floor((sizes.width + sizes.gapX) / (sizes.cardWidth + sizes.gapX)))
  const rows = [leader ? [leader] : [], ...chunks([...voters, ...learners], perRow)].filter(({ length }) => length > 0)

  const spots = rows.flatMap((row, r) => {
    const width = row.length * sizes.cardWidth + (row.length - 1) * sizes.gapX
    const left = (sizes.width - width) / 2
    return row.map((member, c) => ({
      member,
      x: left + c * (sizes.cardWidth + sizes.gapX),
      y: r * (sizes.cardHeight + sizes.gapY)
    }))
  })
  return { height: rows.length * sizes.cardHeight + (rows.length - 1) * sizes.gapY, spots }
}

/** Rows of nearly equal length instead of a full one and a rest. */
function chunks<T>(list: readonly T[], max: number): T[][] {
  if (list.length === 0) return []
  const rows = Math.ceil(list.length / max)
  const size = Math.ceil(list.length / rows)
  return Array.from({ length: rows }, (_, i) => list.slice(i * size, (i + 1) * size))
}
