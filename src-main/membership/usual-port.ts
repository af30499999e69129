/**
 * Port 0 means any free port: the one of the last start where nobody else has it now. So a machine is found again where
 * it was, even when all machines of a cluster come back at once, and nobody is there to be told of new addresses.
 */
import { createServer } from 'node:net'
import type { Address } from '../transport/address'

/** `lastPort` undefined: there was no start before this one. */
export async function onUsualPort(wanted: Address, lastPort: number | undefined): Promise<Address> {
  if (wanted.port !== 0 || lastPort === undefined) return wanted
  const usual = { ...wanted, port: lastPort }
  return (await isFree(usual)) ? usual : wanted
}

function isFree(address: Address): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(address, () => server.close(() => resolve(true)))
  })
}
