/**
 * Records of one kind in creation order: slots, with a map from id to slot. Records are immutable objects;
 * a change puts another object in the slot. Each record has a serial number, given at creation and never
 * again, which cursors and snapshots are made of; slots are mere places and move when holes are closed.
 *
 * Invariant: serials ascend with slots. No hole is closed while a view is open.
 */
import { TABLE_HOLES_MIN } from './bounds'

export interface Identified {
  readonly id: string
}

/** The table as of one moment, while it goes on changing: keeps what a slot held before its first change. */
export class TableView<T extends Identified> {
  readonly length: number
  private readonly before = new Map<number, T | null>()
  private readonly removed = new Map<string, number>()

  constructor(
    private readonly table: Table<T>,
    private readonly onClose: (view: TableView<T>) => void
  ) {
    this.length = table.length
  }

  at(slot: number): T | null {
    const before = this.before.get(slot)
    return before === undefined ? this.table.at(slot) : before
  }

  serialAt(slot: number): number {
    return this.table.serialAt(slot)
  }

  /** -1 when there was none. */
  slotOf(id: string): number {
    const slot = this.removed.get(id) ?? this.table.slotOf(id)
    return slot < this.length ? slot : -1
  }

  /** Called with the record that is about to leave its slot. */
  remember(slot: number, record: T | null): void {
    if (slot < this.length && !this.before.has(slot)) this.before.set(slot, record)
  }

  rememberRemoved(slot: number, record: T): void {
    this.remember(slot, record)
    if (slot < this.length) this.removed.set(record.id, slot)
  }

  close(): void {
    this.before.clear()
    this.removed.clear()
    this.onClose(this)
  }
}

export class Table<T extends Identified> {
  private readonly slots = new Map<string, number>()
  private records: (T | null)[] = []
  private serials: number[] = []
  private views: readonly TableView<T>[] = []

  /** `nextSerial`: above every serial that this table or the one it replaces has given. */
  constructor(public nextSerial = 1) {}

  /** Number of records. */
  get size(): number {
    return this.slots.size
  }

  /** Number of slots, holes included. */
  get length(): number {
    return this.records.length
  }

  /** More holes than records, and nobody looks: worth compacting. */
  get sparse(): boolean {
    const holes = this.records.length - this.slots.size
    return holes > TABLE_HOLES_MIN && holes > this.slots.size && this.views.length === 0
  }

  has(id: string): boolean {
    return this.slots.has(id)
  }

  get(id: string): T | null {
    const slot = this.slots.get(id)
    return slot === undefined ? null : (this.records[slot] ?? null)
  }

  /** -1 when there is none. */
  slotOf(id: string): number {
    return this.slots.get(id) ?? -1
  }

  at(slot: number): T | null {
    return this.records[slot] ?? null
  }

  serialAt(slot: number): number {
    return this.serials[slot] ?? 0
  }

  add(record: T, serial = this.nextSerial): number {
    const slot = this.records.length
    this.records.push(record)
    this.serials.push(serial)
    this.slots.set(record.id, slot)
    if (serial >= this.nextSerial) this.nextSerial = serial + 1
    return slot
  }

  replace(slot: number, record: T): void {
    for (const view of this.views) view.remember(slot, this.at(slot))
    this.records[slot] = record
  }

  remove(slot: number): void {
    const record = this.at(slot)
    if (record === null) return
    for (const view of this.views) view.rememberRemoved(slot, record)
    this.records[slot] = null
    this.slots.delete(record.id)
  }

  /** Closes the holes; slots move. */
  compact(): void {
    const records: (T | null)[] = []
    const serials: number[] = []
    for (let slot = 0; slot < this.records.length; slot++) {
      const record = this.at(slot)
      if (record === null) continue
      this.slots.set(record.id, records.length)
      records.push(record)
      serials.push(this.serialAt(slot))
    }
    this.records = records
    this.serials = serials
  }

  /** The first slot whose serial is above `serial`. */
  slotAfter(serial: number): number {
    let low = 0
    let high = this.serials.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.serialAt(middle) > serial) high = middle
      else low = middle + 1
    }
    return low
  }

  /** Records in creation order. */
  *[Symbol.iterator](): Generator<T, void, undefined> {
    for (const record of this.records) if (record !== null) yield record
  }

  view(): TableView<T> {
    const view = new TableView(this, (closed) => {
      this.views = this.views.filter((other) => other !== closed)
    })
    this.views = [...this.views, view]
    return view
  }
}
