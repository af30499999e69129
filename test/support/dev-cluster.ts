/** `npm run dev:cluster`: three headless nodes on loopback, joined; prints their addresses and runs until Ctrl-C. */
import { ProcessCluster } from './processes'

const cluster = new ProcessCluster()
let ending = false
const end = async () => {
  if (ending) return
  ending = true
  await cluster.end()
  process.exit(0)
}
process.on('SIGINT', () => void end())
process.on('SIGTERM', () => void end())
try {
  await cluster.form(Number(process.argv[2] ?? 3), ['--log-level', 'info'])
  const leader = await cluster.leader()
  for (const node of cluster.nodes) console.log(`${node.name}  ${node.url}${node === leader ? '  (leader)' : ''}`)
  console.log('Ctrl-C ends the cluster and removes its data.')
} catch (error) {
  console.error(error)
  await cluster.end()
  process.exit(1)
}
