import type { MenuItemConstructorOptions } from 'electron'
import { describe, expect, it } from 'vitest'
import { menuTemplate, type MenuOptions } from '../../src-main/shell/menu'
import { wordsFor } from '../../src-main/shell/words'

const done: string[] = []
const actions = {
  command: (name: string) => void done.push(name),
  quit: () => void done.push('quit'),
  setAutoUpdate: (on: boolean) => void done.push(`autoUpdate ${on}`)
}
const entries = (change: Partial<MenuOptions> = {}): MenuItemConstructorOptions[] =>
  menuTemplate(
    { words: wordsFor('en').menu, platform: 'linux', devTools: false, autoUpdate: null, ...change },
    actions
  ).flatMap(({ submenu }) => submenu as MenuItemConstructorOptions[])

describe('the native menu', () => {
  it.each(['linux', 'win32', 'darwin'] as const)('leads to quitting and to the settings once on %s', (platform) => {
    const labels = entries({ platform }).map(({ label }) => label)
    expect(labels.filter((label) => label === 'Quit Raft3D')).toHaveLength(1)
    expect(labels.filter((label) => label === 'Settings')).toHaveLength(1)
  })

  it('gives no shortcut twice', () => {
    for (const platform of ['linux', 'darwin'] as const) {
      const keys = entries({ platform }).flatMap(({ accelerator }) => accelerator ?? [])
      expect(new Set(keys).size).toBe(keys.length)
    }
  })

  it('has words of its own for every entry, in each language', () => {
    for (const locale of ['en', 'de'])
      for (const { type, label } of entries({ words: wordsFor(locale).menu, platform: 'darwin', devTools: true }))
        expect(type === 'separator' || (label ?? '') !== '').toBe(true)
  })

  it('shows developer tools only where they are wanted', () => {
    expect(entries().some(({ role }) => role === 'toggleDevTools')).toBe(false)
    expect(entries({ devTools: true }).some(({ role }) => role === 'toggleDevTools')).toBe(true)
  })

  it('offers updates, off until switched on, only where the build can update itself', () => {
    const updates = (autoUpdate: boolean | null) => entries({ autoUpdate }).find(({ type }) => type === 'checkbox')
    expect(updates(null)).toBeUndefined()
    expect(updates(false)?.checked).toBe(false)
    updates(false)!.click!({ checked: true } as never, undefined, {} as never)
    expect(done.pop()).toBe('autoUpdate true')
  })
})
