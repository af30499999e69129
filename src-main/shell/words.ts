/** All that the shell itself says: menus, tray, dialogs, notifications. The page has its own texts. Pure. */

export interface Text {
  readonly title: string
  readonly body: string
}

const EN = {
  menu: {
    farm: 'Farm',
    edit: 'Edit',
    view: 'View',
    window: 'Window',
    help: 'Help',
    newJob: 'New print job',
    newPrinter: 'New printer',
    newFilament: 'New filament',
    invite: 'Invite a machine',
    settings: 'Settings',
    quit: 'Quit Raft3D',
    undo: 'Undo',
    redo: 'Redo',
    cut: 'Cut',
    copy: 'Copy',
    paste: 'Paste',
    selectAll: 'Select all',
    overview: 'Overview',
    jobs: 'Print jobs',
    printers: 'Printers',
    filaments: 'Filaments',
    cluster: 'Cluster',
    palette: 'Search and commands',
    reload: 'Reload',
    zoomIn: 'Zoom in',
    zoomOut: 'Zoom out',
    zoomReset: 'Actual size',
    fullScreen: 'Full screen',
    devTools: 'Developer tools',
    minimize: 'Minimize',
    closeWindow: 'Close window',
    services: 'Services',
    hide: 'Hide Raft3D',
    hideOthers: 'Hide others',
    showAll: 'Show all',
    shortcuts: 'Keyboard shortcuts',
    autoUpdate: 'Install updates by itself',
    about: 'About Raft3D'
  },
  tray: {
    open: 'Open Raft3D',
    starting: 'Starting …',
    unavailable: 'Changes cannot be saved at the moment',
    alone: 'This machine is the whole farm',
    allReachable: (members: number) => `${members} machines, all reachable`,
    someReachable: (reachable: number, members: number) => `${reachable} of ${members} machines reachable`,
    jobs: (running: number, queued: number) => `${running} printing, ${queued} waiting`
  },
  closed: {
    title: 'Raft3D keeps running',
    body: 'This machine goes on serving the farm. Open the window again from the tray, or by starting Raft3D once more.',
    keep: 'Keep running',
    quit: 'Quit Raft3D'
  },
  notice: {
    jobDone: (file: string, printer: string): Text => ({ title: 'Print job done', body: `${file} on ${printer}` }),
    filamentLow: (filament: string, grams: number): Text => ({
      title: 'Filament runs low',
      body: `${filament}: ${grams} g left`
    }),
    quorumLost: (): Text => ({
      title: 'Changes cannot be saved at the moment',
      body: 'Open Raft3D to see why.'
    }),
    quorumBack: (): Text => ({ title: 'The farm is back', body: 'Changes can be saved again.' }),
    memberJoined: (name: string): Text => ({ title: 'A machine has joined', body: name }),
    memberLeft: (name: string): Text => ({ title: 'A machine was removed', body: name }),
    crashed: (): Text => ({
      title: 'Raft3D has crashed on this machine',
      body: 'It is being started again; nothing that was acknowledged is lost.'
    }),
    updateReady: (version: string): Text => ({
      title: 'An update is ready',
      body: `Raft3D ${version} is installed when you quit.`
    })
  },
  cannotStart: 'Raft3D cannot start'
}

export type Words = typeof EN

const DE: Words = {
  menu: {
    farm: 'Farm',
    edit: 'Bearbeiten',
    view: 'Ansicht',
    window: 'Fenster',
    help: 'Hilfe',
    newJob: 'Neuer Druckauftrag',
    newPrinter: 'Neuer Drucker',
    newFilament: 'Neues Filament',
    invite: 'Rechner einladen',
    settings: 'Einstellungen',
    quit: 'Raft3D beenden',
    undo: 'Rückgängig',
    redo: 'Wiederholen',
    cut: 'Ausschneiden',
    copy: 'Kopieren',
    paste: 'Einfügen',
    selectAll: 'Alles auswählen',
    overview: 'Übersicht',
    jobs: 'Aufträge',
    printers: 'Drucker',
    filaments: 'Filamente',
    cluster: 'Verbund',
    palette: 'Suche und Befehle',
    reload: 'Neu laden',
    zoomIn: 'Vergrößern',
    zoomOut: 'Verkleinern',
    zoomReset: 'Originalgröße',
    fullScreen: 'Vollbild',
    devTools: 'Entwicklerwerkzeuge',
    minimize: 'Minimieren',
    closeWindow: 'Fenster schließen',
    services: 'Dienste',
    hide: 'Raft3D ausblenden',
    hideOthers: 'Andere ausblenden',
    showAll: 'Alle einblenden',
    shortcuts: 'Tastenkürzel',
    autoUpdate: 'Updates selbsttätig installieren',
    about: 'Über Raft3D'
  },
  tray: {
    open: 'Raft3D öffnen',
    starting: 'Startet …',
    unavailable: 'Änderungen können gerade nicht gespeichert werden',
    alone: 'Dieser Rechner ist die ganze Farm',
    allReachable: (members) => `${members} Rechner, alle erreichbar`,
    someReachable: (reachable, members) => `${reachable} von ${members} Rechnern erreichbar`,
    jobs: (running, queued) => `${running} im Druck, ${queued} wartend`
  },
  closed: {
    title: 'Raft3D läuft weiter',
    body: 'Dieser Rechner dient weiterhin der Farm. Das Fenster öffnet sich wieder aus der Taskleiste oder durch einen erneuten Start von Raft3D.',
    keep: 'Weiterlaufen lassen',
    quit: 'Raft3D beenden'
  },
  notice: {
    jobDone: (file, printer) => ({ title: 'Druckauftrag fertig', body: `${file} auf ${printer}` }),
    filamentLow: (filament, grams) => ({ title: 'Filament geht zur Neige', body: `${filament}: noch ${grams} g` }),
    quorumLost: () => ({
      title: 'Änderungen können gerade nicht gespeichert werden',
      body: 'Raft3D zeigt, woran es liegt.'
    }),
    quorumBack: () => ({ title: 'Die Farm ist wieder da', body: 'Änderungen können wieder gespeichert werden.' }),
    memberJoined: (name) => ({ title: 'Ein Rechner ist beigetreten', body: name }),
    memberLeft: (name) => ({ title: 'Ein Rechner wurde entfernt', body: name }),
    crashed: () => ({
      title: 'Raft3D ist auf diesem Rechner abgestürzt',
      body: 'Es wird neu gestartet; nichts, was bestätigt war, ist verloren.'
    }),
    updateReady: (version) => ({
      title: 'Ein Update liegt bereit',
      body: `Raft3D ${version} wird beim Beenden installiert.`
    })
  },
  cannotStart: 'Raft3D kann nicht starten'
}

/** @param locale as the system names it, e.g. `de-AT`; every other language gets English */
export const wordsFor = (locale: string): Words => (/^de\b/i.test(locale) ? DE : EN)
