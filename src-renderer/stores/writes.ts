/** Puts the answer of a write into its collection at once, at the log index where it was applied. */
import { call, type Answer } from '@/api/http'
import type { Collection } from './collection'

export function createWrites<T extends { readonly id: string }>(records: Collection<T>, path: string) {
  return {
    async write(answer: Promise<Answer<T>>): Promise<T> {
      const { data, appliedIndex } = await answer
      if (appliedIndex !== null) records.apply([{ id: data.id, record: data, index: appliedIndex }])
      return data
    },
    async erase(id: string): Promise<void> {
      const { appliedIndex } = await call('DELETE', `${path}/${encodeURIComponent(id)}`)
      if (appliedIndex !== null) records.apply([{ id, record: null, index: appliedIndex }])
    }
  }
}
