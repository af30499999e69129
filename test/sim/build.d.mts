export interface Edit {
  readonly file: string
  readonly find: string
  readonly replace: string
}

/** Resolves with the path of the bundle. */
export function bundle(options?: {
  readonly entry?: string
  readonly name?: string
  readonly edits?: readonly Edit[]
}): Promise<string>
