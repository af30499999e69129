/** The lines between the leader and the machines that follow it, as paths of the picture. */
import type { Picture, Sizes, Spot } from './layout'

export interface Line {
  readonly spot: Spot
  readonly path: string
  readonly labelX: number
  readonly labelY: number
  /** Where the label stands on its point. */
  readonly anchor: 'middle' | 'start'
}

export function drawLines(picture: Picture, leaderId: string | null, sizes: Sizes): readonly Line[] {
  const from = picture.spots.find(({ member }) => member.id === leaderId)
  if (!from) return []
  return picture.spots
    .filter((spot) => spot !== from)
    .map((spot) => (picture.shape === 'rail' ? elbow(spot, from, sizes) : curve(spot, from, picture, sizes)))
}

/** From below the leader, swinging over early and dropping straight through the middle of the label onto the machine. */
function curve(spot: Spot, from: Spot, { cardWidth, spots }: Picture, { cardHeight, gapX, gapY }: Sizes): Line {
  const startX = from.x + cardWidth / 2
  const startY = from.y + cardHeight
  const endX = spot.x + cardWidth / 2
  const label = { spot, labelX: endX, labelY: spot.y - gapY * 0.3, anchor: 'middle' as const }
  const swing = (fromX: number, fromY: number, toX: number) =>
    `C${fromX},${fromY + gapY * 0.3} ${toX},${fromY + gapY * 0.2} ${toX},${fromY + gapY * 0.5} V${fromY + gapY}`
  const begin = `M${startX},${startY}`
  if (spot.y === startY + gapY) return { ...label, path: `${begin} ${swing(startX, startY, endX)}` }
  const lane = nearestLane(endX, startX, spots, cardWidth, gapX)
  const above = spot.y - gapY
  return {
    ...label,
    path: `${begin} ${swing(startX, startY, lane)} L${lane},${above} ${swing(lane, above, endX)}`
  }
}

/** Further rows are reached between the cards of the row below the leader: where it is nearest, on the leader's side. */
function nearestLane(endX: number, startX: number, spots: readonly Spot[], cardWidth: number, gapX: number): number {
  const firstRow = Math.min(...spots.map(({ y }) => y).filter((y) => y > 0))
  const cards = spots.filter(({ y }) => y === firstRow)
  const lanes = cards.flatMap(({ x }) => [x - gapX / 2, x + cardWidth + gapX / 2])
  const way = (x: number) => Math.abs(x - endX) + Math.abs(x - startX) / 1000
  return lanes.reduce((best, lane) => (way(lane) < way(best) ? lane : best), lanes[0] ?? endX)
}

/** Down the rail on the left, then into the card. */
function elbow(spot: Spot, from: Spot, { cardHeight, rail, gapY }: Sizes): Line {
  const x = rail / 2
  const endY = spot.y + cardHeight / 2
  const round = rail / 4
  return {
    spot,
    path: `M${x},${from.y + cardHeight} L${x},${endY - round} Q${x},${endY} ${x + round},${endY} L${spot.x},${endY}`,
    labelX: rail,
    labelY: spot.y - gapY / 4,
    anchor: 'start'
  }
}
