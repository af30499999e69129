/**
 * Records of one kind in creation order. Records are immutable objects, of which the table may keep the content only;
 * a change puts another in their place. The place is the serial, a number given at creation and never again, which
 * cursors and snapshots are made of.
 *
 * Invariant: the i-th record created in a farm's life has the same serial on every node.
 */
import { IdIndex } from './id-index'
import { Segments, type Layout } from './segments'
import { SerialSet } from './serial-set'

export interface Identified {
  readonly id: string
}

/** What a table keeps of a record, which may be smaller than the record. */
export interface Packing<T, Kept = unknown> {
  pack(record: T): Kept
  unpack(kept: Kept): T
  idOf(kept: Kept): string
  /** For one table: makes the layout of a segment, each time of a later one. */
  layout?(): () => Layout<Kept>
}

const AS_IT_IS: Packing<Identified, Identified> = {
  pack: (record) => record,
  unpack: (kept) => kept,
  idOf: ({ id }) => id
}

/** The table as of one moment, while it goes on changing: keeps what was in a place before its first change. */
export class TableView<T extends Identified> {
  /** By serial, what the table kept of the record. */
  private readonly before = new Map<number, unknown>()
  private readonly removed = new SerialSet()
  private readonly removedIds = new Map<string, number>()

  constructor(
    private readonly table: Table<T>,
    /** Below it lies all that was there. */
    private readonly end: number,
    private readonly onClose: (view: TableView<T>) => void
  ) {}

  at(serial: number): T | null {
    const kept = this.kept(serial)
    return kept === null ? null : this.table.packing.unpack(kept)
  }

  /** What the table kept of the record, as its packing made it. */
  kept(serial: number): unknown {
    return this.before.get(serial) ?? this.table.kept(serial)
  }

  /** 0 when there was none. */
  serialOf(id: string): number {
    const serial = this.removedIds.get(id) ?? this.table.serialOf(id)
    return serial < this.end ? serial : 0
  }

  /** The least serial ≥ `from` that had a record, or -1. */
  next(from: number): number {
    const present = this.table.next(from)
    const removed = this.removed.next(from)
    const serial = present < 0 || (removed >= 0 && removed < present) ? removed : present
    return serial < this.end ? serial : -1
  }

  /** Called with what is kept of the record that is about to be replaced. */
  remember(serial: number, kept: unknown): void {
    if (serial < this.end && !this.before.has(serial)) this.before.set(serial, kept)
  }

  /** Called with what is kept of the record that is about to be removed. */
  rememberRemoved(serial: number, kept: unknown, id: string): void {
    if (serial >= this.end) return
    this.remember(serial, kept)
    this.removed.add(serial)
    this.removedIds.set(id, serial)
  }

  close(): void {
    this.onClose(this)
  }
}

export class Table<T extends Identified> {
  private readonly serials = new IdIndex((serial) => this.packing.idOf(this.kept(serial)))
  private readonly records: Segments<unknown>
  private views: readonly TableView<T>[] = []

  /** `nextSerial`: above every serial that this table, or the one it replaces, has given. */
  constructor(
    public nextSerial = 1,
    readonly packing: Packing<T> = AS_IT_IS as unknown as Packing<T>
  ) {
    this.records = new Segments(packing.layout?.())
  }

  get size(): number {
    return this.serials.size
  }

  has(id: string): boolean {
    return this.serials.get(id) !== 0
  }

  get(id: string): T | null {
    return this.at(this.serialOf(id))
  }

  /** 0 when there is none. */
  serialOf(id: string): number {
    return this.serials.get(id)
  }

  at(serial: number): T | null {
    const kept = this.kept(serial)
    return kept === null ? null : this.packing.unpack(kept)
  }

  /** What is kept of the record, as the packing made it; null when there is none. */
  kept(serial: number): unknown {
    return this.records.get(serial)
  }

  /** The least serial ≥ `from` that has a record, or -1. */
  next(from: number): number {
    return this.records.next(from)
  }

  /** `serial` ascends from call to call, and is given only for records that had theirs before. */
  add(record: T, serial = this.nextSerial): number {
    this.records.add(serial, this.packing.pack(record))
    this.serials.set(record.id, serial)
    if (serial >= this.nextSerial) this.nextSerial = serial + 1
    return serial
  }

  replace(serial: number, record: T): void {
    const before = this.kept(serial)
    if (before === null) return
    for (const view of this.views) view.remember(serial, before)
    this.records.replace(serial, this.packing.pack(record))
  }

  remove(serial: number): void {
    const kept = this.kept(serial)
    if (kept === null) return
    const id = this.packing.idOf(kept)
    for (const view of this.views) view.rememberRemoved(serial, kept, id)
    this.serials.delete(id)
    this.records.remove(serial)
  }

  /** Records in creation order. */
  *[Symbol.iterator](): Generator<T, void, undefined> {
    for (let serial = this.next(0); serial >= 0; serial = this.next(serial + 1)) {
      const record = this.at(serial)
      if (record !== null) yield record
    }
  }

  view(): TableView<T> {
    const view = new TableView(this, this.nextSerial, (closed) => {
      this.views = this.views.filter((other) => other !== closed)
    })
    this.views = [...this.views, view]
    return view
  }
}
