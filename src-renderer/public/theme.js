// Runs before the first paint, so that a chosen theme never flashes the other one.
;(() => {
  let theme = 'system'
  try {
    theme = JSON.parse(localStorage.getItem('raft3d.preferences') ?? '{}').theme ?? 'system'
  } catch {
    // Storage may be refused or damaged: then the system decides.
  }
  const dark = theme === 'dark' || (theme === 'system' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.classList.toggle('dark', dark)
})()
