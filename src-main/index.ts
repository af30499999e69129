/** The one entry: flags → the desktop shell, or a headless node, or one of the tasks that only look and exit. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import packageJson from '../package.json'
import { BadUsage, parseConfig, usage, type Config } from './config'
import { leaveDisplay } from './shell/no-display'

// ELECTRON_RUN_AS_NODE makes Electron a plain Node: then `process.type` is not set.
const inElectron = process.versions.electron !== undefined && (process as { type?: string }).type === 'browser'

function configOrExit(): Config {
  try {
    return parseConfig(
      process.argv.slice(inElectron && !(process as { defaultApp?: boolean }).defaultApp ? 1 : 2),
      process.env,
      {
        electron: inElectron
      }
    )
  } catch (error) {
    if (!(error instanceof BadUsage)) throw error
    process.stderr.write(`raft3d: ${error.message}\n`)
    process.exit(2)
  }
}

/**
 * How V8 keeps the heap, on a machine where people do other things. It takes a site whose objects mostly outlived a
 * collection for one of lasting objects, and makes all later ones of it in the old generation: under load that befalls
 * requests, changes and snapshot rows. It lets the heap grow to four times what lives before it collects. And helpers
 * on other cores collect the young generation with it: what lives of that is little and was touched a moment ago, so
 * they cost more than they save, and take those cores from others. What can only be given at the start is in
 * package.json: a bound for the young generation, which newer V8s let grow larger, and no snapshot of Node's own start,
 * which takes 4 MB and makes a start 70 ms shorter.
 */
function keepHeapSmall(): void {
  setFlagsFromString('--no-allocation-site-pretenuring')
  setFlagsFromString('--heap-growing-percent=100')
  setFlagsFromString('--no-parallel-scavenge')
}

/**
 * After 8 s without work V8 collects what it can, and with the last objects of a shape goes the code that was compiled
 * for it: whoever works every now and then would always meet a node that has to learn anew. Memory of a busy time is
 * given back after five minutes instead. Only V8s from that of Node 26 on know the flag, others complain.
 */
function keepCodeWarm(): void {
  const [major = 0, minor = 0] = process.versions.v8.split('.').map(Number)
  if (major * 100 + minor >= 1406) setFlagsFromString('--memory-reducer-delay-ms=300000')
}

/**
 * Loading the program makes garbage once; a young generation that grew for it would stay 20 MB larger for the life of an
 * idle node. A collection while next to nothing is allocated makes it small again; it grows anew under load.
 */
function collectAfterLoading(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as (options: { type: 'major'; execution: 'sync' }) => void
  collect({ type: 'major', execution: 'sync' })
}

async function runHeadless(config: Config): Promise<void> {
  const headless = await import('./headless')
  collectAfterLoading()
  return headless.runHeadless(config)
}

async function main(config: Config): Promise<void> {
  switch (config.task) {
    case 'help':
      process.stdout.write(usage())
      return process.exit(0)
    case 'version':
      process.stdout.write(`${packageJson.version}\n`)
      return process.exit(0)
    case 'inspect':
    case 'recover': {
      const { inspectData, recoverCluster } = await import('./offline')
      return process.exit(config.task === 'inspect' ? await inspectData(config) : await recoverCluster(config))
    }
    case 'run':
      keepHeapSmall()
      keepCodeWarm()
      if (inElectron && config.gui) return (await import('./shell/main')).runShell(config)
      if (inElectron) {
        leaveDisplay(config)
        ;(await import('./shell/background')).runInBackground(config)
      }
      return runHeadless(config)
  }
}

// No top-level await: Electron is not "ready" before its ES module entry has been evaluated.
void main(configOrExit()).catch((error: unknown) => {
  process.stderr.write(`raft3d: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  process.exit(1)
})
