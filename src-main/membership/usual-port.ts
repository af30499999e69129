/**
 * Port 0 means any free port: the one of the last start unless somebody else has it now. So a machine is found again
 * where it was, even when all machines of a cluster come back at once, and nobody is there to be told of new addresses.
 */
import type { Address } from '../transport/address'

/**
 * Listens where it is `wanted`; `lastPort` undefined: there was no start before this one. `listen` rejects as the system
 * does, and may be called again after that.
 */
export async function atUsualPort<T>(
  wanted: Address,
  lastPort: number | undefined,
  listen: (address: Address) => Promise<T>
): Promise<T> {
  if (wanted.port !== 0 || lastPort === undefined) return listen(wanted)
  try {
    return await listen({ ...wanted, port: lastPort })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    return listen(wanted)
  }
}
