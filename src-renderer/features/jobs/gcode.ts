/**
 * Reads what slicers write into their files about the weight of a print: from the first and last part of the text,
 * in the browser, without sending the file anywhere.
 */
export interface SlicedFile {
  readonly slicer: string | null
  /** Grams over all tools; null when the file does not say. */
  readonly grams: number | null
}

/** Slicers put their figures at the top or at the very end. */
const PART_BYTES = 512 * 1024
/** g/cm³, for files that give a length only. */
const DENSITIES: Readonly<Record<string, number>> = { PLA: 1.24, PETG: 1.27, ABS: 1.04, ASA: 1.07, TPU: 1.21, PC: 1.2 }
const DIAMETER_MM = 1.75

export async function readSlicedFile(file: Blob): Promise<SlicedFile> {
  const head = await file.slice(0, PART_BYTES).text()
  const tail = file.size > PART_BYTES ? await file.slice(Math.max(PART_BYTES, file.size - PART_BYTES)).text() : ''
  return parseSliced(`${head}\n${tail}`)
}

export function parseSliced(text: string): SlicedFile {
  return { slicer: slicerOf(text), grams: gramsOf(text) }
}

function slicerOf(text: string): string | null {
  const named =
    /^; ?generated (?:by|with) ([A-Za-z0-9]+)/im.exec(text)?.[1] ??
    /^;Generated with (Cura)/im.exec(text)?.[1] ??
    /^; (BambuStudio|OrcaSlicer) \d/m.exec(text)?.[1]
  return named?.replace(/_SteamEngine$/, '') ?? null
}

function gramsOf(text: string): number | null {
  const weights =
    /^(?:; ?)?(?:total )?filament used \[g\] ?= ?([\d.,; ]+)/im.exec(text)?.[1] ??
    /^; total filament weight \[g\] ?: ?([\d.,; ]+)/im.exec(text)?.[1] ??
    /^;\s*(?:Plastic|Material) weight: ?([\d.]+)/im.exec(text)?.[1]
  const grams = weights === undefined ? null : sum(weights)
  // A profile without a density makes slicers write 0.00 g.
  if (grams) return round(grams)
  const millimetres = lengthOf(text)
  if (!millimetres) return null
  const material = /^; filament_type = "?([A-Z]+)/im.exec(text)?.[1] ?? 'PLA'
  const density = DENSITIES[material] ?? (DENSITIES.PLA as number)
  return round((millimetres * Math.PI * (DIAMETER_MM / 2) ** 2 * density) / 1000)
}

function lengthOf(text: string): number | null {
  const metres = /^;Filament used: ?([\d.]+m(?:, ?[\d.]+m)*)/im.exec(text)?.[1]
  if (metres !== undefined) return sum(metres.replaceAll('m', '')) * 1000
  const millimetres = /^(?:; ?)?filament used(?: \[mm\])? ?= ?([\d.,; ]+)/im.exec(text)?.[1]
  return millimetres === undefined ? null : sum(millimetres)
}

const sum = (list: string) => list.split(/[,;]/).reduce((total, part) => total + (Number(part.trim()) || 0), 0)
const round = (value: number) => Math.round(value * 100) / 100
