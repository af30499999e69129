/** HOST:PORT, with an IPv6 host in brackets. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** null when it is none. */
export function parseAddress(text: string): Address | null {
  const match = /^(?:\[([0-9a-fA-F:.%\w]+)\]|([^:\s[\]/]+)):(\d{1,5})$/.exec(text)
  const host = match?.[1] ?? match?.[2]
  const port = Number(match?.[3])
  return host === undefined || port === 0 || port > 65_535 ? null : { host, port }
}

export function formatAddress({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** Listening there is listening on every address of the machine. */
export function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::'
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}

/** The other end of a socket, for people. */
export function remoteAddress(socket: { remoteAddress?: string; remotePort?: number }): string {
  const host = socket.remoteAddress?.replace(/^::ffff:/, '')
  return host === undefined ? 'unknown' : formatAddress({ host, port: socket.remotePort ?? 0 })
}
