/**
 * A cache of one kind of record. Records are plain objects outside Vue's deep reactivity. Who asks for one hears of that
 * one only; for lists, a counter tells that something changed. Every record remembers the log index it comes from, and only a newer index replaces it, so lists,
 * events and answers to writes may arrive in any order.
 */
import { computed, shallowReactive, shallowRef, type ComputedRef, type ShallowRef } from 'vue'

export interface Change<T> {
  readonly id: string
  /** null: deleted. */
  readonly record: T | null
  /** Log index that this state of the record was read at. */
  readonly index: number
}

export interface Load<T> {
  add(records: readonly T[], index: number): void
  /** The whole list was added: what it did not contain is gone. */
  finish(): void
}

export interface Collection<T> {
  readonly version: Readonly<ShallowRef<number>>
  readonly all: ComputedRef<readonly T[]>
  /** Reactive: runs again when this record changes. */
  get(id: string): T | undefined
  /** The same without tracking. */
  peek(id: string): T | undefined
  peekAll(): readonly T[]
  size(): number
  apply(changes: readonly Change<T>[]): void
  beginLoad(): Load<T>
}

type OnChange<T> = (previous: T | undefined, next: T | undefined) => void

export function createCollection<T extends { readonly id: string }>(onChange: OnChange<T> = () => {}): Collection<T> {
  const records = new Map<string, T>()
  const reactive = shallowReactive(records)
  const indexes = new Map<string, number>()
  const version = shallowRef(0)
  let loading: Set<string> | null = null

  function put({ id, record, index }: Change<T>): boolean {
    if ((indexes.get(id) ?? -1) > index) return false
    indexes.set(id, index)
    const previous = records.get(id)
    if (record === null) {
      if (previous === undefined) return false
      reactive.delete(id)
    } else {
      reactive.set(id, record)
    }
    onChange(previous, record ?? undefined)
    return true
  }

  function apply(changes: readonly Change<T>[]): void {
    let changed = false
    for (const change of changes) changed = put(change) || changed
    if (changed) version.value++
  }

  return {
    version,
    all: computed(() => (void version.value, [...records.values()])),
    get: (id) => reactive.get(id),
    peek: (id) => records.get(id),
    peekAll: () => [...records.values()],
    size: () => (void version.value, records.size),
    apply,
    beginLoad() {
      const seen = (loading = new Set<string>())
      let oldest = Infinity
      return {
        add(list, index) {
          if (seen !== loading) return
          oldest = Math.min(oldest, index)
          for (const { id } of list) seen.add(id)
          apply(list.map((record) => ({ id: record.id, record, index })))
        },
        finish() {
          // A load that was overtaken by a newer one has nothing to say any more.
          if (seen !== loading) return
          loading = null
          const gone = [...records.keys()].filter((id) => !seen.has(id) && (indexes.get(id) ?? 0) <= oldest)
          apply(gone.map((id) => ({ id, record: null, index: oldest })))
          // Deletions older than the load can no longer be contradicted by it.
          for (const id of indexes.keys()) if (!records.has(id)) indexes.delete(id)
        }
      }
    }
  }
}
