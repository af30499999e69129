/** A stored snapshot becomes a farm, chunk by chunk, with the event loop served in between. */
import { Farm, FarmLoader } from '../farm/farm'
import type { SnapshotMeta } from '../raft/types'
import type { SnapshotStore } from '../storage/ports'
import type { Slices } from './slices'

/** null when `superseded` said so on the way. Rejects when the snapshot is damaged. */
export async function loadFarm(
  store: SnapshotStore,
  meta: SnapshotMeta,
  slices: Slices,
  superseded: () => boolean = () => false
): Promise<Farm | null> {
  const reader = await store.open(meta)
  try {
    const loader = new FarmLoader()
    slices.begin()
    for await (const { chunk } of reader.read()) {
      if (superseded()) return null
      await slices.pause()
      loader.push(chunk)
    }
    await slices.pause()
    return loader.finish()
  } finally {
    await reader.close()
  }
}
