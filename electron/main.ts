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
  type IpcMainInvokeEvent,
  type MenuItemConstructorOptions,
  type UtilityProcess,
} from 'electron'
import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { engineProcess } from './contract/index.ts'
import { applySettings } from './launch/settings.ts'
import { shellIsUp } from './launch/shellMark.ts'
import type { HostToShell, ShellToHost } from './launch/shellMessages.ts'
import { sibling } from './threads/index.ts'

/**
 * The desktop shell: a window, a menu, native dialogs, and the two utility processes. Nothing here blocks: slides,
 * project and routes are the host's, onnxruntime is the engine's.
 */
applySettings() // for the engine; the host says what is wrong with them
let window: BrowserWindow | undefined
let host: UtilityProcess | undefined
let isClosing = false
const engines = new Map<number, UtilityProcess>()
const tell = (message: ShellToHost) => host?.postMessage(message)

function startEngine(number: number): void {
  const engine = utilityProcess.fork(sibling(import.meta.url, './engine/main'), [], {
    serviceName: 'Karyon engine',
    execArgv: engineProcess.execArgv,
    env: { ...process.env, ...engineProcess.env },
  })
  engines.set(number, engine)
  const { port1, port2 } = new MessageChannelMain()
  engine.postMessage({ kind: 'port' }, [port1])
  engine.once('spawn', () => {
    const message: ShellToHost = { kind: 'engine', engine: number, pid: engine.pid }
    host?.postMessage(message, [port2])
  })
  engine.once('exit', (code) => {
    engines.delete(number)
    tell({ kind: 'engine-exit', engine: number, reason: `it stopped with code ${code}` })
  })
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
    process.stdout.write(`${shellIsUp}\n`)
  })
  window.once('closed', () => (window = undefined))
  void window.loadURL(link)
}

function receive(message: HostToShell): void {
  switch (message.kind) {
    case 'start-engine':
      return startEngine(message.engine)
    case 'kill-engine':
      return void engines.get(message.engine)?.kill()
    case 'serving':
      return openWindow(message.link, message.origin)
    case 'failed':
      dialog.showErrorBox('Karyon cannot start', message.message)
      return app.exit(1)
    case 'closed':
      return app.exit(0)
  }
}

const projectFiles = [{ name: 'Karyon', extensions: ['karyon'] }]

/** The native dialogs the page may ask for, titled in its language; nothing else of the system crosses the preload. */
const isOwn = (event: IpcMainInvokeEvent) => window !== undefined && event.sender === window.webContents

ipcMain.handle('open-slide', (event, title: unknown) => (isOwn(event) ? openFile(title) : null))
ipcMain.handle('open-project', (event, title: unknown) => (isOwn(event) ? openFile(title, projectFiles) : null))
ipcMain.handle('new-project', async (event, title: unknown) => {
  if (!window || !isOwn(event)) return null
  const { filePath } = await dialog.showSaveDialog(window, { title: String(title), filters: projectFiles })
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

/** An entry of the menu that the page answers: what of it is open, and whether work may be stopped, only the page knows. */
const projectsEntry = (
  label: string,
  command: 'recent' | 'open' | 'create',
  accelerator?: string,
): MenuItemConstructorOptions => ({
  label,
  accelerator,
  click: () => window?.webContents.send('projects-menu', command),
})

/** What the system expects, and nothing that takes keys from labelling: Ctrl+Z belongs to the label log. */
function menuTemplate(): MenuItemConstructorOptions[] {
  const isMac = process.platform === 'darwin'
  return [
    ...(isMac ? [{ role: 'appMenu' } as const] : []),
    {
      label: 'File',
      submenu: [
        projectsEntry('New Project…', 'create', 'CmdOrCtrl+N'),
        projectsEntry('Open Project…', 'open', 'CmdOrCtrl+O'),
        projectsEntry('Recent Projects…', 'recent'),
        { type: 'separator' },
        { role: isMac ? 'close' : 'quit' },
      ],
    },
    { label: 'Edit', submenu: [{ role: 'cut' }, { role: 'copy' }, { role: 'paste' }] },
    { label: 'View', submenu: [{ role: 'togglefullscreen' }, { role: 'toggleDevTools' }] },
  ]
}

app.enableSandbox()
if (!app.requestSingleInstanceLock()) app.quit()
app.on('second-instance', () => window?.focus())
app.on('window-all-closed', () => app.quit())
app.on('before-quit', (event) => {
  if (isClosing || !host) return
  // The host finishes what it writes; labels are on disk in any case.
  event.preventDefault()
  isClosing = true
  tell({ kind: 'close' })
})

void app.whenReady().then(() => {
  session.defaultSession.setPermissionRequestHandler((_contents, _permission, decide) => decide(false))
  session.defaultSession.setPermissionCheckHandler(() => false)
  Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate()))
  host = utilityProcess.fork(sibling(import.meta.url, './hostProcess'), [], { serviceName: 'Karyon host' })
  host.on('message', (message: HostToShell) => receive(message))
  host.once('exit', (code) => {
    if (isClosing) return app.exit(0)
    dialog.showErrorBox(
      'Karyon stopped',
      `The host process ended with code ${code}. Labels are safe; start Karyon again.`,
    )
    app.exit(1)
  })
  // In development the arguments begin with the path of this file.
  tell({
    kind: 'open',
    slide: process.argv.slice(app.isPackaged ? 1 : 2).find((argument) => !argument.startsWith('-')),
  })
})
