import type { MemberInfo } from '../raft/types'

const TEXT_CHARS_MAX = 1000

/** From what another node sent. */
export function isMemberInfo(value: unknown): value is MemberInfo {
  const { name, rpcAddress, apiAddress, fingerprint } = (value ?? {}) as Record<string, unknown>
  return [name, rpcAddress, apiAddress, fingerprint].every(
    (text) => typeof text === 'string' && text.length <= TEXT_CHARS_MAX
  )
}

export function sameInfo(a: MemberInfo | undefined, b: MemberInfo): boolean {
  return (
    a !== undefined &&
    a.name === b.name &&
    a.rpcAddress === b.rpcAddress &&
    a.apiAddress === b.apiAddress &&
    a.fingerprint === b.fingerprint
  )
}
