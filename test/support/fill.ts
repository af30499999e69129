import { Agent, request } from 'node:http'
import type { NodeProcess } from './processes'

const WRITERS = 64

/** Creates so many printers, fast: the snapshot is as large as a farm of that size. */
export async function fill(node: NodeProcess, count: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: WRITERS })
  const body = JSON.stringify({ company: 'Prusa', model: 'MK4'.repeat(30) })
  const headers = { 'content-type': 'application/json', 'content-length': body.length }
  let left = count
  const write = () =>
    new Promise<void>((done, fail) => {
      const call = request(`${node.url}/api/v1/printers`, { agent, method: 'POST', headers }, (answer) => {
        answer.resume().on('end', () => (answer.statusCode === 201 ? done() : fail(new Error(`${answer.statusCode}`))))
      })
      call.on('error', fail).end(body)
    })
  await Promise.all(
    Array.from({ length: WRITERS }, async () => {
      while (left-- > 0) await write()
    })
  )
  agent.destroy()
}
