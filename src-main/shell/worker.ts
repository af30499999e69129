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
import { watchNode, type Watcher } from './notices'

const { config, internalToken, replacesThread, terminal, lowStockGrams } = workerData as WorkerStart
const port = parentPort!
const send = (message: FromWorker, transfer: readonly ArrayBuffer[] = []): void => port.postMessage(message, transfer)
const log = createLogger(config, terminal)
let node: FarmNode | null = null
let watcher: Watcher | null = null
/** As last told, also before there is a node to watch. */
let lowGrams = lowStockGrams
const starting = startNode(config, { log, internalToken, replacesThread })
const bridge = new BridgeWorker(
  starting.then(({ api }) => api),
  internalToken,
  send
)

port.on('message', (message: ToWorker) => {
  switch (message.type) {
    case 'suspend':
      return void suspend()
    case 'resume':
      return node?.resume()
    case 'stop':
      return void stop()
    case 'lowStock':
      lowGrams = message.grams
      return watcher?.setLowStock(lowGrams)
    case 'request':
      return void bridge.request(message)
    case 'taken':
      return bridge.taken(message.id, message.chunks)
    case 'cancel':
      return bridge.cancel(message.id)
  }
})

async function start(): Promise<void> {
  try {
    node = await starting
    send({ type: 'ready', apiUrl: node.apiUrl })
    watcher = watchNode(node, send, lowGrams)
  } catch (error) {
    const { exitCode, message } = explain(error)
    send({ type: 'failed', exitCode, message })
  }
}

async function suspend(): Promise<void> {
  await node?.suspend()
  send({ type: 'suspended' })
}

async function stop(): Promise<void> {
  watcher?.stop()
  // Also one that is still starting has a folder to release.
  await starting.then(
    (started) => started.stop(),
    () => {}
  )
  send({ type: 'stopped' })
  port.close()
}

void start()
