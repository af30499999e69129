/**
 * Bundles a program of the test tree with the production sources, for Node 20 runs no TypeScript. Mutants are planted
 * here, in the text as it passes to the bundler; the tree is never written to.
 */
import { mkdirSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { rolldown } from 'rolldown'

const root = resolve(import.meta.dirname, '../..')

/**
 * @param {{ entry: string, name: string, edits?: readonly { file: string, find: string, replace: string }[] }} options
 * @returns {Promise<string>} the bundle's path
 */
export async function bundle({ entry, name, edits = [] }) {
  const file = resolve(root, 'node_modules/.cache/bundles', `${name}.mjs`)
  mkdirSync(dirname(file), { recursive: true })
  const planted = new Set()
  const build = await rolldown({
    input: resolve(root, entry),
    platform: 'node',
    external: (id) => !id.startsWith('.') && !id.startsWith('/') && !id.startsWith('\0'),
    logLevel: 'silent',
    plugins: [
      {
        name: 'plant',
        transform(code, id) {
          const path = relative(root, id).replaceAll('\\', '/')
          let text = code
          for (const edit of edits) {
            if (edit.file !== path) continue
            const parts = text.split(edit.find)
            if (parts.length !== 2) {
              throw new Error(`${path} holds ${parts.length - 1} times what is to be replaced: ${edit.find}`)
            }
            text = parts.join(edit.replace)
            planted.add(edit)
          }
          return text === code ? null : text
        }
      }
    ]
  })
  await build.write({ file, format: 'es', sourcemap: 'inline', codeSplitting: false })
  await build.close()
  for (const edit of edits) if (!planted.has(edit)) throw new Error(`${edit.file} is not part of the bundle`)
  return file
}
