/** Text that is made chunk by chunk, with the event loop served between two; closed however the reader ends. */
import type { TextChunks } from '../farm/snapshot'
import type { Clock } from './clock'
import { Slices } from './slices'

export async function* inSlices({ chunks, close }: TextChunks, clock: Clock, sliceMs: number): AsyncGenerator<string> {
  try {
    const slices = new Slices(clock, sliceMs)
    for (const chunk of chunks) {
      yield chunk
      await slices.yield()
    }
  } finally {
    close()
  }
}
