/**
 * What the desktop window adds to the page, all of it optional: in a browser `window.raft3d` does not exist,
 * and an older shell may lack newer functions. The page never needs more than the REST API to do its work.
 */
export interface Desktop {
  readonly platform: string
  readonly version: string
  openExternal?(url: string): Promise<void>
  /** Menu and tray commands, e.g. `new-job`; returns the way to stop listening. */
  onCommand?(listener: (command: string) => void): () => void
  /** A `raft3d://join/…` link was opened; the invite is in it. */
  onJoinLink?(listener: (invite: string) => void): () => void
  getLoginItem?(): Promise<boolean>
  setLoginItem?(on: boolean): Promise<void>
  /** The menu, the tray and the dialogs speak it from now on; a language the shell does not know is English there. */
  setLanguage?(language: string): Promise<void>
  /** Its notices tell of a roll with less than this to give. */
  setLowStock?(grams: number): Promise<void>
  /** Asks where to; false when the person would rather not. */
  saveFile?(name: string, content: Uint8Array): Promise<boolean>
}

declare global {
  interface Window {
    readonly raft3d?: Desktop
  }
}

export const desktop: Desktop | null = window.raft3d ?? null

/** Apple keyboards say ⌘ where others say Ctrl. */
export const isApple = /mac|iphone|ipad/i.test(desktop?.platform ?? navigator.platform)
