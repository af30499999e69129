/** What the shell remembers between starts: where the window was, what was said once, and what was chosen. */
import { readFileSync, writeFileSync } from 'node:fs'

export interface Preferences {
  readonly bounds?: { readonly x: number; readonly y: number; readonly width: number; readonly height: number }
  readonly maximized?: boolean
  /** Closing the window keeps the node running: the user was told. */
  readonly toldAboutTray?: boolean
  /** Look for updates, and install them on quitting; off unless switched on. */
  readonly autoUpdate?: boolean
  /** As chosen in the page; left out: the system's. */
  readonly language?: string
  /** As chosen in the page: a roll with less than this to give is low. */
  readonly lowStockGrams?: number
}

export class PreferencesFile {
  private current: Preferences

  constructor(private readonly path: string) {
    this.current = read(path)
  }

  get(): Preferences {
    return this.current
  }

  set(change: Preferences): void {
    this.current = { ...this.current, ...change }
    try {
      writeFileSync(this.path, JSON.stringify(this.current))
    } catch {
      // Comfort only: without it the next start begins with the defaults.
    }
  }
}

function read(path: string): Preferences {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}
