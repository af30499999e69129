/** Runs a TypeScript file of the test tree as a process of its own: bundled once, then forked. */
import { fork, type ChildProcess } from 'node:child_process'
import { basename } from 'node:path'
import { bundle } from './bundle.mjs'

const bundles = new Map<string, Promise<string>>()

/** @param entry absolute path; it talks through process.send and process.on('message') */
export async function startChild(entry: string, args: readonly string[] = []): Promise<ChildProcess> {
  const bundled = bundles.get(entry) ?? bundle({ entry, name: basename(entry, '.ts') })
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
