/**
 * The least that a write costs with these libraries: a leader takes the request with Fastify and sends it over TLS to
 * two followers, all three write it to the disk synchronously, in batches, and the leader answers when two of them
 * have. No consensus, no farm, nothing is parsed, and nothing is kept. What lies between this and Raft3D is Raft3D's.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { System } from './systems'

interface Node {
  readonly child: ChildProcess
  readonly folder: string
  readonly port: string
}

async function start(role: 'leader' | 'follower', followers: readonly string[] = []): Promise<Node> {
  const folder = await mkdtemp(join(tmpdir(), 'raft3d-floor-'))
  const program = [resolve('.config/run-ts.mjs'), resolve('test/bench/floor-node.ts')]
  const child = spawn(process.execPath, [...program, role, folder, ...followers], {
    stdio: ['ignore', 'pipe', 'inherit']
  })
  const [port] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  return { child, folder, port }
}

async function end({ child, folder }: Node): Promise<void> {
  if (child.exitCode === null && child.kill()) await once(child, 'exit')
  await rm(folder, { recursive: true, force: true })
}

export const floor: System = {
  name: 'floor',
  dialect: 'rest',
  async start() {
    const followers = [await start('follower'), await start('follower')]
    const leader = await start(
      'leader',
      followers.map(({ port }) => port)
    )
    const nodes = [leader, ...followers]
    const url = `http://127.0.0.1:${leader.port}`
    return {
      urls: [url],
      pids: () => nodes.map(({ child }) => child.pid!),
      leader: async () => url,
      killLeader: () => Promise.reject(new Error('nobody would take over')),
      stop: async () => void (await Promise.all(nodes.map(end)))
    }
  }
}
