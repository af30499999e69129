export interface Edit {
  readonly file: string
  readonly find: string
  readonly replace: string
}

/** Resolves with the path of the bundle. */
export function bundle(options: {
  /** Absolute, or from the project's root. */
  readonly entry: string
  /** Of the bundle. */
  readonly name: string
  readonly edits?: readonly Edit[]
}): Promise<string>
