/** Runs a TypeScript file of the test tree as a process of its own: bundled once, then forked. */
import { fork, type ChildProcess } from 'node:child_process'
import { basename, join, resolve } from 'node:path'
import { build } from 'vite'

const root = resolve(import.meta.dirname, '../..')
const bundles = new Map<string, Promise<string>>()

async function bundle(entry: string): Promise<string> {
  const outDir = join(root, 'node_modules/.cache/raft3d-children', basename(entry, '.ts'))
  await build({
    root,
    configFile: false,
    logLevel: 'warn',
    build: { ssr: entry, outDir, target: 'node20', rolldownOptions: { output: { entryFileNames: 'child.mjs' } } }
  })
  return join(outDir, 'child.mjs')
}

/** @param entry absolute path; it talks through process.send and process.on('message') */
export async function startChild(entry: string, args: readonly string[] = []): Promise<ChildProcess> {
  const bundled = bundles.get(entry) ?? bundle(entry)
  bundles.set(entry, bundled)
  return fork(await bundled, [...args], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
}

/** The next message of a child; rejects when it ends before. */
export function messageOf<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null, signal: string | null) => reject(new Error(`child ended: ${code ?? signal}`))
    child.once('exit', onExit)
    child.once('message', (message) => {
      child.off('exit', onExit)
      resolve(message as T)
    })
  })
}
