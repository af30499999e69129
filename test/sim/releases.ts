/**
 * Releases of Raft3D, as their hellos tell them apart: today's, the next, which speaks today's protocol too, and one
 * that has dropped it. Two nodes talk where production's rule finds a version that both know, and refuse otherwise.
 */
import { PROTOCOL, type Hello } from '../../src-main/transport/hello'

export type Protocol = Hello['protocol']

export const RELEASES: readonly { readonly name: string; readonly protocol: Protocol }[] = [
  { name: 'today’s release', protocol: PROTOCOL },
  { name: 'the next release', protocol: { min: PROTOCOL.min, max: PROTOCOL.max + 1 } },
  { name: 'the release after the next', protocol: { min: PROTOCOL.max + 1, max: PROTOCOL.max + 2 } }
]

/** An upgrade that was begun is brought so far that everyone can talk with everyone. */
export const releaseBeside = (newest: number, present: number): number => Math.max(present, newest - 1)
