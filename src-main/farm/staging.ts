/**
 * A restore that comes in parts. Invariant: at most one is under way, its parts are taken in order and once; the last
 * one that began wins, and one that is not gone on with is dropped after a while of the farm's clock.
 */
import { RESTORE_KEEP_MS, RESTORE_PARTS_MAX } from './bounds'
import { FieldCheck } from './fields'
import { changed, invalid, refused } from './outcomes'
import { BACKUP_KINDS, Restoration, type BackupKind } from './restore'
import type { Tables } from './state'
import type { Applied, Command } from './types'

type Part = Extract<Command, { readonly type: 'restore.part' }>

export interface Staged {
  readonly id: string
  /** How many parts were taken. */
  readonly parts: number
  /** Farm's clock at the last of them. */
  readonly at: number
  readonly restoration: Restoration
}

export class Staging {
  constructor(private staged: Staged | null = null) {}

  get current(): Staged | null {
    return this.staged
  }

  sweep(now: number): void {
    if (this.staged !== null && this.staged.at + RESTORE_KEEP_MS <= now) this.staged = null
  }

  add({ id, part, kind, first, records }: Part, tables: Tables, now: number): Applied {
    const check = new FieldCheck()
    check.id('/id', id)
    if (!isCount(part) || part >= RESTORE_PARTS_MAX) check.add('/part', `must be a number below ${RESTORE_PARTS_MAX}`)
    if (!isCount(first)) check.add('/first', 'must be a place in a list')
    if (!isBackupKind(kind)) check.add('/kind', 'is not a list of a backup')
    if (!Array.isArray(records)) check.add('/records', 'must be an array')
    if (check.failed) return invalid(check)
    if (part === 0) this.staged = { id, parts: 0, at: now, restoration: Restoration.begin(tables) }
    const { staged } = this
    if (staged === null || staged.id !== id || staged.parts !== part) return superseded()
    const { restoration } = staged
    restoration.add(kind, records, first)
    this.staged = restoration.failure === null ? { id, parts: part + 1, at: now, restoration } : null
    return restoration.failure === null ? changed(null, []) : invalid(restoration.failure)
  }

  /** What the parts have built, for the command that ends the restore; whatever is under way is over with it. */
  take(wanted: unknown, tables: Tables): Restoration | Applied {
    const { staged } = this
    this.staged = null
    if (wanted === undefined) return Restoration.begin(tables)
    const { id, parts } = Object(wanted) as { readonly id?: unknown; readonly parts?: unknown }
    return staged !== null && staged.id === id && staged.parts === parts ? staged.restoration : superseded()
  }
}

const superseded = (): Applied =>
  refused('too_many_requests', 'Another restore has taken the place of this one. By this one nothing was replaced.')

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

const isBackupKind = (value: unknown): value is BackupKind => BACKUP_KINDS.includes(value as BackupKind)
