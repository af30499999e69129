/** Names of the messages between the page and the shell; only the preload and ipc.ts know them. */
export const CHANNEL = {
  openExternal: 'raft3d:open-external',
  getLoginItem: 'raft3d:get-login-item',
  setLoginItem: 'raft3d:set-login-item',
  setLanguage: 'raft3d:set-language',
  setLowStock: 'raft3d:set-low-stock',
  saveFile: 'raft3d:save-file',
  command: 'raft3d:command',
  joinLink: 'raft3d:join-link'
} as const
