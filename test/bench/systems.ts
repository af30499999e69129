/** What is measured: each system starts fresh, names its addresses and processes, and ends. */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { ProcessCluster, until } from '../support/processes'

export interface Running {
  readonly urls: readonly string[]
  pids(): readonly number[]
  /** URL of the present leader. */
  leader(): Promise<string>
  /** kill -9 of the leader; resolves to the way to start it again. */
  killLeader(): Promise<() => Promise<void>>
  stop(): Promise<void>
}

export interface System {
  readonly name: string
  /** Mode of the load generator; `etcd` for its JSON gateway. */
  readonly dialect: 'rest' | 'etcd'
  start(): Promise<Running>
}

const yardstick = resolve(process.env.YARDSTICK ?? '../shared/peer')
const peerHome = process.env.PEER ?? join(homedir(), '.cache/raft3d-peer')

/** The load generator, built with Go when the yardstick's folder is there; null: nothing can be compared. */
export function loadGenerator(): string | null {
  const binary = join(peerHome, 'bin/loadgen')
  if (!existsSync(binary) && existsSync(yardstick))
    for (const script of ['setup.sh', 'build.sh'])
      execFileSync('bash', [join(yardstick, script)], { stdio: ['ignore', 'ignore', 'inherit'] })
  return existsSync(binary) ? binary : null
}

/** Whether there is anything to compare with. */
export const hasYardstick = (): boolean => existsSync(join(yardstick, 'run-peer.sh'))

function scripted(name: string, dialect: System['dialect'], script: string, ...args: string[]): System {
  const run = (...verbs: string[]) =>
    execFileSync('bash', [join(yardstick, script), ...verbs], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit']
    }).trim()
  return {
    name,
    dialect,
    async start() {
      const urls = run('start', ...args).split(',')
      const leaderNumber = () => Number(run('leader'))
      return {
        urls,
        pids: () => run('pids').split(',').map(Number),
        leader: async () => urls[leaderNumber() - 1]!,
        async killLeader() {
          const number = String(leaderNumber())
          run('kill', number)
          return async () => void run('restart', number)
        },
        stop: async () => void run('stop')
      }
    }
  }
}

export function raft3d(nodes = 3, flags: readonly string[] = []): System {
  return {
    name: nodes === 3 ? 'raft3d' : `raft3d × ${nodes}`,
    dialect: 'rest',
    async start() {
      const cluster = new ProcessCluster()
      try {
        await cluster.form(nodes, flags)
      } catch (error) {
        await cluster.end()
        throw error
      }
      return {
        urls: cluster.nodes.map((node) => node.url),
        pids: () => cluster.running().map((node) => node.pid),
        leader: async () => (await cluster.leader()).url,
        async killLeader() {
          const leader = await cluster.leader()
          await leader.kill()
          return async () => {
            await leader.start()
            await until('the restarted node is ready', async () => (await fetch(`${leader.url}/readyz`)).ok)
          }
        },
        stop: () => cluster.end()
      }
    }
  }
}

export const peerDefault = scripted('peer', 'rest', 'run-peer.sh', 'default', 'peer')
export const peerTuned = scripted('peer, tuned', 'rest', 'run-peer.sh', 'tuned', 'peer')
export const etcd = scripted('etcd', 'etcd', 'run-etcd.sh')
