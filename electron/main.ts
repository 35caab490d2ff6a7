import {
  app,
  BrowserWindow,
  dialog,
  ipcMain,
  Menu,
  MessageChannelMain,
  session,
  utilityProcess,
  type FileFilter,
  type IpcMainEvent,
  type IpcMainInvokeEvent,
  type MenuItemConstructorOptions,
  type UtilityProcess,
} from 'electron'
import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  engineProcess,
  languageOf,
  message,
  sayIn,
  type Given,
  type Language,
  type MessageKey,
} from './contract/index.ts'
import { applySettings } from './launch/settings.ts'
import { readyMessage } from './launch/shellMark.ts'
import type { HostToShell, ShellToHost, StartOpenSlide } from './launch/shellMessages.ts'
import { sibling } from './threads/index.ts'

/**
 * The desktop shell: a window, a menu, native dialogs and the utility processes. Nothing here blocks: slides, project
 * and routes are in the host process, onnxruntime is in the engine processes.
 */
applySettings() // for the engine; the host reports what is wrong with the settings
let window: BrowserWindow | undefined
let host: UtilityProcess | undefined
let isClosing = false
/** The system's language, until the page reports the user's choice. */
let language: Language = 'en'
const say = <K extends MessageKey>(key: K, ...given: Given<K>) => sayIn(language, message(key, ...given))
const engines = new Map<number, UtilityProcess>()
const toHost = (sent: ShellToHost) => host?.postMessage(sent)

function startEngine(number: number): void {
  const engine = utilityProcess.fork(sibling(import.meta.url, './engine/main'), [], {
    serviceName: 'Karyon engine',
    execArgv: engineProcess.execArgv,
    env: { ...process.env, ...engineProcess.env },
  })
  engines.set(number, engine)
  engine.on('message', startOpenSlide)
  const { port1, port2 } = new MessageChannelMain()
  engine.postMessage({ kind: 'port' }, [port1])
  engine.once('spawn', () => {
    const started: ShellToHost = { kind: 'engine', engine: number, pid: engine.pid }
    host?.postMessage(started, [port2])
  })
  engine.once('exit', (code) => {
    engines.delete(number)
    toHost({ kind: 'engine-exit', engine: number, why: message('engineStoppedWithCode', { code }) })
  })
}

/** Starts a process for the OpenSlide library. It connects to the socket of who asked for it. */
function startOpenSlide({ args }: StartOpenSlide): void {
  const module = sibling(import.meta.url, './slides/openslide/child')
  utilityProcess.fork(module, [...args], { serviceName: 'Karyon OpenSlide' })
}

function openWindow(link: string, origin: string): void {
  window = new BrowserWindow({
    width: 1400,
    height: 900,
    show: false,
    webPreferences: {
      preload: fileURLToPath(new URL('./preload.cjs', import.meta.url)),
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webSecurity: true,
    },
  })
  const { webContents } = window
  webContents.setWindowOpenHandler(() => ({ action: 'deny' }))
  webContents.on('will-navigate', (event, url) => {
    if (new URL(url).origin !== origin) event.preventDefault()
  })
  webContents.on('will-attach-webview', (event) => event.preventDefault())
  window.once('ready-to-show', () => {
    window?.show()
    process.stdout.write(`${readyMessage}\n`)
  })
  window.once('closed', () => (window = undefined))
  void window.loadURL(link)
}

function receive(received: HostToShell): void {
  switch (received.kind) {
    case 'start-engine':
      return startEngine(received.engine)
    case 'start-openslide':
      return startOpenSlide(received)
    case 'kill-engine':
      return void engines.get(received.engine)?.kill()
    case 'serving':
      return openWindow(received.link, received.origin)
    case 'failed':
      dialog.showErrorBox(say('cannotStart'), sayIn(language, received.message))
      return app.exit(1)
    case 'closed':
      return app.exit(0)
  }
}

const projectFiles = () => [{ name: say('projectFiles'), extensions: ['karyon'] }]

/** The page may ask for native dialogs, titled in its language. The preload gives it no other access to the system. */
const isOwn = (event: IpcMainInvokeEvent | IpcMainEvent) => window !== undefined && event.sender === window.webContents

ipcMain.on('language', (event, chosen: unknown) => isOwn(event) && speak(languageOf([String(chosen)])))
ipcMain.handle('open-slide', (event, title: unknown) => (isOwn(event) ? openFile(title) : null))
ipcMain.handle('open-project', (event, title: unknown) => (isOwn(event) ? openFile(title, projectFiles()) : null))
ipcMain.handle('new-project', async (event, title: unknown) => {
  if (!window || !isOwn(event)) return null
  const { filePath } = await dialog.showSaveDialog(window, { title: String(title), filters: projectFiles() })
  return filePath ? { folder: dirname(filePath), name: basename(filePath) } : null
})

async function openFile(title: unknown, filters: FileFilter[] = []): Promise<string | null> {
  if (!window) return null
  const { filePaths } = await dialog.showOpenDialog(window, {
    title: String(title),
    properties: ['openFile'],
    filters,
  })
  return filePaths[0] ?? null
}

/** Makes a menu entry that the page handles. Only the page knows what is open and whether work may be stopped. */
const projectsEntry = (
  label: string,
  command: 'recent' | 'open' | 'create',
  accelerator?: string,
): MenuItemConstructorOptions => ({
  label,
  accelerator,
  click: () => window?.webContents.send('projects-menu', command),
})

/** Puts the menu and the native dialogs into a language. */
function speak(chosen: Language): void {
  language = chosen
  Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(process.platform === 'darwin')))
}

/**
 * Returns the entries that the system expects, and none that takes keys from labelling: Ctrl+Z undoes labels. Every
 * entry gets its label from the catalogue, because Electron's own labels of roles are always English.
 */
function menuTemplate(isMac: boolean): MenuItemConstructorOptions[] {
  return [
    ...(isMac ? [macMenu()] : []),
    {
      label: say('menuFile'),
      submenu: [
        projectsEntry(say('menuNew'), 'create', 'CmdOrCtrl+N'),
        projectsEntry(say('menuOpen'), 'open', 'CmdOrCtrl+O'),
        projectsEntry(say('menuRecent'), 'recent'),
        { type: 'separator' },
        isMac ? { role: 'close', label: say('menuClose') } : { role: 'quit', label: say('menuQuit') },
      ],
    },
    {
      label: say('menuEdit'),
      submenu: [
        { role: 'cut', label: say('menuCut') },
        { role: 'copy', label: say('menuCopy') },
        { role: 'paste', label: say('menuPaste') },
      ],
    },
    {
      label: say('menuView'),
      submenu: [
        { role: 'togglefullscreen', label: say('menuFullScreen') },
        { role: 'toggleDevTools', label: say('menuDeveloperTools') },
      ],
    },
  ]
}

/** Returns the application menu of macOS. */
const macMenu = (): MenuItemConstructorOptions => ({
  label: 'Karyon',
  submenu: [
    { role: 'about', label: say('menuAbout') },
    { type: 'separator' },
    { role: 'services', label: say('menuServices') },
    { type: 'separator' },
    { role: 'hide', label: say('menuHide') },
    { role: 'hideOthers', label: say('menuHideOthers') },
    { role: 'unhide', label: say('menuShowAll') },
    { type: 'separator' },
    { role: 'quit', label: say('menuQuitKaryon') },
  ],
})

app.enableSandbox()
if (!app.requestSingleInstanceLock()) app.quit()
app.on('second-instance', () => window?.focus())
app.on('window-all-closed', () => app.quit())
app.on('before-quit', (event) => {
  if (isClosing || !host) return
  // Let the host finish writing. Labels are already on disk.
  event.preventDefault()
  isClosing = true
  toHost({ kind: 'close' })
})

void app.whenReady().then(() => {
  session.defaultSession.setPermissionRequestHandler((_contents, _permission, decide) => decide(false))
  session.defaultSession.setPermissionCheckHandler(() => false)
  speak(languageOf(app.getPreferredSystemLanguages()))
  host = utilityProcess.fork(sibling(import.meta.url, './hostProcess'), [], { serviceName: 'Karyon host' })
  host.on('message', (received: HostToShell) => receive(received))
  host.once('exit', (code) => {
    if (isClosing) return app.exit(0)
    dialog.showErrorBox(say('stopped'), say('hostEnded', { code }))
    app.exit(1)
  })
  // In development, the first argument is the path of this file.
  toHost({
    kind: 'open',
    slide: process.argv.slice(app.isPackaged ? 1 : 2).find((argument) => !argument.startsWith('-')),
  })
})
