/** A farm that could be anyone's: printers, rolls and jobs with names people really use; the same on every run. */
import type { PrintJob } from '../../../src-main/contract/print-jobs'

export interface SamplePrinter {
  readonly id: string
  readonly company: string
  readonly model: string
  readonly name: string
}
export interface SampleFilament {
  readonly id: string
  readonly type: string
  readonly color: string
  readonly name: string
  readonly total_weight_in_grams: number
  readonly remaining_weight_in_grams: number
}

const PRINTERS: readonly (readonly [string, string, string])[] = [
  ['Prusa', 'MK4S', 'Ada'],
  ['Prusa', 'MK4S', 'Bertha'],
  ['Prusa', 'CORE One', 'Curie'],
  ['Prusa', 'XL 5T', 'Hydra'],
  ['Bambu Lab', 'X1 Carbon', 'Bay 1'],
  ['Bambu Lab', 'X1 Carbon', 'Bay 2'],
  ['Bambu Lab', 'P1S', 'Bay 3'],
  ['Bambu Lab', 'A1 mini', 'Bay 4'],
  ['Voron', '2.4 350', 'Room 12'],
  ['UltiMaker', 'S5', 'Loan desk'],
  ['Creality', 'K1 Max', 'Workshop left'],
  ['Elegoo', 'Neptune 4 Pro', 'Workshop right']
]

const FILAMENTS: readonly (readonly [string, string, string, number, number])[] = [
  ['PLA', 'Galaxy Black', 'Prusament PLA Galaxy Black', 1000, 642],
  ['PLA', 'Lipstick Red', 'Prusament PLA Lipstick Red', 1000, 118],
  ['PETG', 'Prusa Orange', 'Prusament PETG Orange', 1000, 871],
  ['PETG', 'Jet Black', 'Prusament PETG Jet Black', 2000, 1312],
  ['PETG', 'Clear', 'Fillamentum PETG Clear', 1000, 506],
  ['PLA', 'Jade White', 'Bambu PLA Basic Jade White', 1000, 958],
  ['PLA', 'Sky Blue', 'eSUN PLA+ Sky Blue', 1000, 74],
  ['PLA', 'Lavender', 'PolyTerra PLA Lavender', 1000, 433],
  ['ASA', 'Light Grey', 'Polymaker ASA Light Grey', 1000, 690],
  ['ABS', 'Graphite', 'Fiberlogy ABS Graphite', 850, 850],
  ['TPU 95A', 'Mint Green', 'Recreus Filaflex Mint', 500, 342],
  ['PA-CF', 'Carbon', 'Bambu PA6-CF', 500, 281],
  ['PLA Silk', 'Gold', 'Sunlu Silk Gold', 1000, 557],
  ['PC', 'Natural', 'Prusament PC Blend Natural', 970, 611]
]

/** What is printed, of which materials, and between how many grams. */
const FILES: readonly (readonly [string, string, number, number])[] = [
  ['brackets/shelf_bracket_v3.gcode', 'PETG', 38, 74],
  ['gearbox/planet_carrier_x4.gcode', 'PETG', 44, 92],
  ['gearbox/sun_gear_0.15mm.gcode', 'PC', 12, 21],
  ['orders/2041/lamp_shade_spiral.3mf', 'PLA', 92, 168],
  ['orders/2042/cable_clip_x40.gcode', 'PETG', 31, 48],
  ['orders/2043/name_tag_open_day.gcode', 'PLA', 4, 9],
  ['drone/arm_left.gcode', 'PA-CF', 26, 33],
  ['drone/arm_right.gcode', 'PA-CF', 26, 33],
  ['drone/battery_tray.gcode', 'ABS', 41, 58],
  ['calibration/benchy_0.2mm.gcode', 'PLA', 11, 14],
  ['students/lena/bridge_model_final_v2.gcode', 'PLA', 64, 118],
  ['students/omar/phone_stand.gcode', 'PLA', 28, 52],
  ['students/mei/print_in_place_hinge.gcode', 'PLA', 17, 26],
  ['spares/extruder_idler.gcode', 'PETG', 6, 11],
  ['spares/fan_shroud.gcode', 'ASA', 15, 24],
  ['enclosure/panel_front.gcode', 'ABS', 120, 176],
  ['enclosure/panel_back.gcode', 'ASA', 110, 162],
  ['enclosure/din_rail_mount_x8.gcode', 'PETG', 36, 61],
  ['prosthesis/finger_set_right.gcode', 'TPU', 22, 39],
  ['vase/low_poly_vase.gcode', 'PLA Silk', 58, 96]
]
const PEOPLE = ['local', 'Lena Brandt', 'Slicer station', 'Omar Haddad', 'Order intake']
const NODES = ['workshop-pc', 'lab-east', 'office-mac']

export interface SampleFarm {
  readonly printers: readonly SamplePrinter[]
  readonly filaments: readonly SampleFilament[]
  readonly jobs: readonly PrintJob[]
}

/** Mulberry32: small, seeded, good enough to look like life. */
function dice(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE

export function sampleFarm(now: number, size: { printers?: number; finished?: number } = {}): SampleFarm {
  const next = dice(2420)
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)] as T
  const printers = Array.from({ length: size.printers ?? PRINTERS.length }, (_, i) => {
    const [company, model, name] = PRINTERS[i % PRINTERS.length] ?? ['Prusa', 'MK4S', 'Ada']
    const round = Math.floor(i / PRINTERS.length)
    return { id: `printer-${i + 1}`, company, model, name: round === 0 ? name : `${name} #${round + 1}` }
  })
  const filaments = Array.from({ length: Math.max(FILAMENTS.length, printers.length) }, (_, i) => {
    const [type, color, name, total, remaining] = FILAMENTS[i % FILAMENTS.length] ?? ['PLA', 'Black', 'PLA', 1000, 500]
    const round = Math.floor(i / FILAMENTS.length)
    return {
      id: `roll-${i + 1}`,
      type,
      color,
      name: round === 0 ? name : `${name} #${round + 1}`,
      total_weight_in_grams: total,
      remaining_weight_in_grams: remaining
    }
  })
  const free = new Map(filaments.map(({ id, remaining_weight_in_grams: grams }) => [id, grams]))

  const jobs: PrintJob[] = []
  const add = (
    status: PrintJob['status'],
    printerId: string,
    createdAt: number,
    startedAt: number,
    endedAt: number
  ) => {
    const open = status === 'Queued' || status === 'Running'
    const rollsFor = (material: string, weight: number) =>
      filaments.filter(({ id, type }) => type.startsWith(material) && (!open || (free.get(id) ?? 0) > weight + 30))
    let [file, material, least, most] = pick(FILES)
    // Where every roll of a material is promised already, something else is printed.
    for (let tries = 0; rollsFor(material, most).length === 0 && tries < FILES.length; tries++)
      [file, material, least, most] = pick(FILES)
    const grams = Math.round((least + next() * (most - least)) * 10) / 10
    const rolls = rollsFor(material, grams)
    const roll = pick(rolls.length > 0 ? rolls : filaments)
    if (open) free.set(roll.id, (free.get(roll.id) ?? 0) - grams)
    const step = (to: PrintJob['status'], at: number) => ({
      status: to,
      at: Math.round(at),
      by: pick(PEOPLE),
      node: pick(NODES)
    })
    const history = [step('Queued', createdAt)]
    if (status !== 'Queued' && startedAt > createdAt) history.push(step('Running', startedAt))
    if (!open) history.push(step(status, endedAt))
    jobs.push({
      id: `job-${1000 + jobs.length}`,
      printer_id: printerId,
      filament_id: roll.id,
      filepath: file,
      print_weight_in_grams: grams,
      status,
      created_at: Math.round(createdAt),
      updated_at: history.at(-1)?.at ?? Math.round(createdAt),
      history
    })
  }
  const finished = size.finished ?? 46
  for (let i = 0; i < finished; i++) {
    const ended = now - (finished - i) * Math.min(37 * MINUTE, (30 * 24 * HOUR) / finished) - 11 * MINUTE
    const cancelled = next() < 0.14
    add(
      cancelled ? 'Cancelled' : 'Done',
      pick(printers).id,
      ended - 5 * HOUR,
      ended - 3 * HOUR * next() - MINUTE,
      ended
    )
  }
  const busy = printers.filter((_, i) => ![5, 9, 11].includes(i % 12))
  for (const { id } of busy) add('Running', id, now - 9 * HOUR * next() - HOUR, now - 55 * MINUTE * next() - MINUTE, 0)
  for (let i = 0; i < Math.max(11, printers.length / 3); i++)
    add('Queued', (pick(printers) as SamplePrinter).id, now - (90 - i * 7) * MINUTE * (0.4 + next() * 0.6), 0, 0)
  return { printers, filaments, jobs: jobs.sort((a, b) => a.created_at - b.created_at) }
}

/** The same farm as people with a system name it. */
export function longNames(now: number): SampleFarm {
  const farm = sampleFarm(now)
  return {
    printers: farm.printers.map((one) => ({
      ...one,
      name: `${one.name} – Engineering Building B, Room 2.214, second shelf`,
      model: `${one.model} with enclosure, hardened nozzle and camera`
    })),
    filaments: farm.filaments.map((one) => ({
      ...one,
      name: `${one.name} (Batch 2026-11, opened by Lena, dry box 3)`
    })),
    jobs: farm.jobs.map((job) => ({
      ...job,
      filepath: job.filepath.replace(/([^/]+)\.(\w+)$/, '$1_final_revised_0.2mm_4h37m_with_supports_and_brim.$2')
    }))
  }
}
