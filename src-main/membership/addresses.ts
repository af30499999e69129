/** Which address peers can dial: the flag, else the RPC address, else this machine's address on the LAN. */
import { networkInterfaces } from 'node:os'
import { formatAddress, isWildcard, type Address } from '../transport/address'

/** IPv4 addresses of this machine on networks of its own, private ranges first; empty when it is offline. */
export function lanAddresses(interfaces = networkInterfaces()): readonly string[] {
  const found: string[] = []
  for (const [name, addresses] of Object.entries(interfaces)) {
    // Container and VM bridges lead nowhere from other machines.
    if (/^(docker|br-|veth|virbr|vmnet|vboxnet|utun|tun|tap)/.test(name)) continue
    for (const { family, internal, address } of addresses ?? [])
      if (family === 'IPv4' && !internal && !address.startsWith('169.254.')) found.push(address)
  }
  const isPrivate = (address: string) => /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)/.test(address)
  return [...found.filter(isPrivate), ...found.filter((address) => !isPrivate(address))]
}

/** The host that stands for `bound` towards others. */
export function reachableHost(bound: string, lan = lanAddresses()): string {
  if (!isWildcard(bound)) return bound
  return lan[0] ?? '127.0.0.1'
}

export function advertisedAddress(bound: Address, advertise: Address | null, lan = lanAddresses()): string {
  return formatAddress(advertise ?? { host: reachableHost(bound.host, lan), port: bound.port })
}
