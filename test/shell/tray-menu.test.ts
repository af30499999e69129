import { describe, expect, it } from 'vitest'
import type { NodeSummary } from '../../src-main/shell/messages'
import { stateOf, stateText, trayMenu } from '../../src-main/shell/tray-menu'
import { wordsFor } from '../../src-main/shell/words'

const words = wordsFor('en')
const summary = (change: Partial<NodeSummary> = {}): NodeSummary => ({
  name: 'lab',
  ready: true,
  members: 3,
  reachable: 3,
  jobs: { queued: 5, running: 2 },
  ...change
})

describe('the tray', () => {
  it.each([
    ['the node is not running', null, 'offline', 'Starting …'],
    ['no quorum answers', summary({ ready: false, reachable: 1 }), 'offline', 'Changes cannot be saved at the moment'],
    ['a machine is away', summary({ reachable: 2 }), 'warning', '2 of 3 machines reachable'],
    ['all machines are there', summary(), 'normal', '3 machines, all reachable'],
    ['the farm is one machine', summary({ members: 1, reachable: 1 }), 'normal', 'This machine is the whole farm']
  ] as const)('says so when %s', (_when, state, icon, text) => {
    expect(stateOf(state)).toBe(icon)
    expect(stateText(state, words)).toBe(text)
  })

  it('offers what is done most, and carries it out', () => {
    const done: string[] = []
    const menu = trayMenu(summary(), words, {
      open: () => done.push('open'),
      command: (name) => done.push(name),
      quit: () => done.push('quit')
    })
    expect(menu.map(({ label }) => label)).toEqual([
      '3 machines, all reachable',
      '2 printing, 5 waiting',
      undefined,
      'Open Raft3D',
      'New print job',
      'Invite a machine',
      undefined,
      'Quit Raft3D'
    ])
    expect(menu.filter(({ enabled }) => enabled === false)).toHaveLength(2)
    for (const { click } of menu) (click as (() => void) | undefined)?.()
    expect(done).toEqual(['open', 'new-job', 'invite', 'quit'])
  })

  it('counts no jobs while the node is not running', () => {
    const actions = { open: () => {}, command: () => {}, quit: () => {} }
    expect(trayMenu(null, words, actions).map(({ label }) => label)[1]).toBeUndefined()
  })
})
