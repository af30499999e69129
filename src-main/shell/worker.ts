/**
 * The farm node in a worker thread of Electron's main process: a title bar that is held or a modal dialog stops
 * the main thread, and must not cost the cluster its leader. Never imports electron.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { explain } from '../headless'
import { createLogger } from '../logging'
import { startNode, type FarmNode } from '../node'
import { BridgeWorker } from './bridge-worker'
import type { FromWorker, ToWorker, WorkerStart } from './messages'
import { watchNode } from './notices'

const { config, internalToken } = workerData as WorkerStart
const port = parentPort!
const send = (message: FromWorker): void => port.postMessage(message)
const log = createLogger(config)
let node: FarmNode | null = null
let unwatch = (): void => {}
const starting = startNode(config, { log, internalToken })
const bridge = new BridgeWorker(
  starting.then(({ api }) => api),
  internalToken,
  send
)

port.on('message', (message: ToWorker) => {
  switch (message.type) {
    case 'suspend':
      return void node?.suspend().then(() => send({ type: 'suspended' }))
    case 'resume':
      return node?.resume()
    case 'stop':
      return void stop()
    case 'request':
      return void bridge.request(message)
    case 'taken':
      return bridge.taken(message.id)
    case 'cancel':
      return bridge.cancel(message.id)
  }
})

async function start(): Promise<void> {
  try {
    node = await starting
    send({ type: 'ready', apiUrl: node.apiUrl })
    unwatch = watchNode(node, send)
  } catch (error) {
    const { exitCode, message } = explain(error)
    send({ type: 'failed', exitCode, message })
  }
}

async function stop(): Promise<void> {
  unwatch()
  await node?.stop()
  send({ type: 'stopped' })
  port.close()
}

void start()
