/** Records that few people look at: loaded when somebody who may does, and kept right from then on. */
import { ref } from 'vue'
import { call } from '@/api/http'
import { createCollection } from './collection'
import { createWrites } from './writes'

export function createOnDemand<T extends { readonly id: string }>(path: string, query = '') {
  const records = createCollection<T>()
  const { erase } = createWrites(records, path)
  const wanted = ref(false)

  async function load(): Promise<void> {
    const into = records.beginLoad()
    const { data, appliedIndex } = await call<T[]>('GET', path + query)
    into.add(data, appliedIndex ?? 0)
    into.finish()
    wanted.value = true
  }

  return { records, wanted, load, erase }
}
