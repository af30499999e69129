/** A file of the node's identity that cannot be used. The node must not start, and must not make a new identity. */
export class IdentityDamaged extends Error {
  readonly code = 'identity_damaged'
  constructor(
    readonly file: string,
    readonly reason: string,
    readonly remedy: string = RESTORE
  ) {
    super(`${file}: ${reason}. ${remedy}`)
  }
}

const RESTORE =
  'Restore it from a backup of this node; or remove the node from its cluster on another machine, delete the data folder and join again.'
