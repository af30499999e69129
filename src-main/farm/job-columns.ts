/**
 * The print jobs of a segment in columns: numbers as numbers, texts that come again once, and only the id as a string
 * of its own. That is less than half of what a list for each job takes, and one object instead of six that the garbage
 * collector has to move and to follow. Texts of jobs that are gone stay until the segment is packed.
 */
import { IdIndex } from './id-index'
import { CREATED_PLACES, packJob, unpackJob, type CreatedJob, type PackedJob } from './packed-job'
import { SEGMENT, type Layout } from './segments'
import type { Packing } from './table'
import type { PrintJob } from './types'

export const JOB_PACKING: Packing<PrintJob, PackedJob> = {
  pack: packJob,
  unpack: unpackJob,
  idOf: ([id]) => id as string,
  layout: jobColumns
}

/** Texts of a job that others of its segment may share: printer, filament, file path, who created it, on which node. */
const SHARED = 5

/** Makes the layouts of the segments of one table, in their order. */
function jobColumns(): () => Layout<PackedJob> {
  let last: JobColumns | null = null
  return () => {
    last?.complete()
    last = new JobColumns()
    return last
  }
}

class JobColumns implements Layout<PackedJob> {
  private readonly ids = new Array<string | null>(SEGMENT).fill(null)
  private readonly weights = new Float64Array(SEGMENT)
  private readonly created = new Float64Array(SEGMENT)
  /** By offset and place, where in `texts` the text is. */
  private readonly places = new Uint16Array(SEGMENT * SHARED)
  private readonly texts: string[] = []
  /**
   * Where in `texts` a text is, plus one, as long as jobs are added. No Map, for each job may have another file path, and
   * newer V8s enter whatever is a key of a Map into their table of unique strings, for as long as it lives: each
   * collection of the whole heap goes through all of that table.
   */
  private known: IdIndex | null = new IdIndex((place) => this.texts[place - 1] as string)
  /** Of jobs that are no longer as they were created: the packed job from {@link CREATED_PLACES} on. */
  private readonly later = new Map<number, PackedJob>()

  /** No job is added any more. */
  complete(): void {
    this.known = null
  }

  get(offset: number): PackedJob | null {
    const id = this.ids[offset] ?? null
    if (id === null) return null
    const first = offset * SHARED
    const job: CreatedJob = [
      id,
      this.text(first),
      this.text(first + 1),
      this.text(first + 2),
      this.weights[offset] as number,
      this.created[offset] as number,
      this.text(first + 3),
      this.text(first + 4)
    ]
    const later = this.later.get(offset)
    return later === undefined ? job : [...job, ...later]
  }

  /** A job that is there already changes by later events only. */
  set(offset: number, job: PackedJob): void {
    if (this.ids[offset] === null) this.add(offset, job as unknown as CreatedJob)
    if (job.length > CREATED_PLACES) this.later.set(offset, job.slice(CREATED_PLACES))
  }

  remove(offset: number): void {
    this.ids[offset] = null
    this.later.delete(offset)
  }

  next(from: number): number {
    for (let offset = from; offset < SEGMENT; offset++) if (this.ids[offset] !== null) return offset
    return -1
  }

  private add(offset: number, [id, printer, filament, filepath, weight, created, by, node]: CreatedJob): void {
    this.ids[offset] = id
    this.weights[offset] = weight
    this.created[offset] = created
    const first = offset * SHARED
    this.places[first] = this.place(printer)
    this.places[first + 1] = this.place(filament)
    this.places[first + 2] = this.place(filepath)
    this.places[first + 3] = this.place(by)
    this.places[first + 4] = this.place(node)
  }

  private text(at: number): string {
    return this.texts[this.places[at] as number] as string
  }

  private place(text: string): number {
    const known = this.known?.get(text) ?? 0
    if (known > 0) return known - 1
    const count = this.texts.push(text)
    this.known?.set(text, count)
    return count - 1
  }
}
