/** What a select offers: stays the same list while every entry says the same, so that hundreds of them are left alone. */
import { computed, type ComputedRef } from 'vue'

export interface Option {
  readonly value: string
  readonly label: string
}

export function useOptions(list: () => readonly Option[]): ComputedRef<readonly Option[]> {
  return computed<readonly Option[]>((before) => {
    const now = list()
    const same = (one: Option, i: number) => one.value === before?.[i]?.value && one.label === before[i].label
    return before?.length === now.length && now.every(same) ? before : now
  })
}
