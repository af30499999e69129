/** Where the built files and the icons are: beside this code in the work tree, in the archive of a package. */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** `out/`, whether this code ends up in the entry or in a chunk beside it. */
const OUT =
  [resolve(import.meta.dirname, '..'), resolve(import.meta.dirname, '../..')].find((path) =>
    existsSync(join(path, 'renderer'))
  ) ?? resolve(import.meta.dirname, '..')

export const built = (name: string): string => join(OUT, name)
export const resource = (name: string): string => join(OUT, '../resources', name)
