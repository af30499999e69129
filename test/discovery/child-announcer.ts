/** A node that announces itself from a process of its own. argv[2]: JSON of Announcement and type. */
import { silent } from '../../src-main/runtime/log'
import { startDiscovery, type Announcement } from '../../src-main/discovery/discovery'

export type AnnouncerOrder = { readonly update: Announcement } | 'stop'

const { type, ...announcement } = JSON.parse(process.argv[2] ?? '') as Announcement & { readonly type: string }
const discovery = await startDiscovery({
  ...announcement,
  type,
  log: silent,
  interface: '127.0.0.1',
  timing: { sweepsMs: [100] }
})
process.on('message', (order: AnnouncerOrder) => {
  if (order === 'stop') void discovery.stop().then(() => process.exit())
  else discovery.update(order.update)
})
process.on('disconnect', () => process.exit())
process.send?.('announcing')
