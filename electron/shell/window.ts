import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  BrowserWindow,
  dialog,
  ipcMain,
  session,
  shell,
  type FileFilter,
  type IpcMainEvent,
  type IpcMainInvokeEvent,
} from 'electron'
import { logFolder } from '../launch/appFolder.ts'
import { say } from './language.ts'

let window: BrowserWindow | undefined
/** The one window, while it is open. */
export const theWindow = (): BrowserWindow | undefined => window

/** Denies the page everything that it could ask the system for: camera, location, notifications and the like. */
export function denyPermissions(): void {
  session.defaultSession.setPermissionRequestHandler((_contents, _permission, decide) => decide(false))
  session.defaultSession.setPermissionCheckHandler(() => false)
}

/** Opens the window on the host's page. It stays on that origin, and opens no other window. */
export function openWindow(link: string, origin: string, onShown: () => void): void {
  const opened = new BrowserWindow({
    width: 1400,
    height: 900,
    show: false,
    webPreferences: {
      preload: fileURLToPath(new URL('../preload.cjs', import.meta.url)),
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webSecurity: true,
    },
  })
  window = opened
  const { webContents } = opened
  webContents.setWindowOpenHandler(() => ({ action: 'deny' }))
  webContents.on('will-navigate', (event, url) => {
    if (new URL(url).origin !== origin) event.preventDefault()
  })
  webContents.on('will-attach-webview', (event) => event.preventDefault())
  // Unlike a browser, Electron asks nothing where the page refuses to be closed: it would stay open without a word.
  webContents.on('will-prevent-unload', (event) => {
    const leaves = dialog.showMessageBoxSync(opened, {
      type: 'warning',
      message: say('closeUnsaved'),
      detail: say('closeUnsavedDetail'),
      buttons: [say('closeStay'), say('closeLeave')],
      defaultId: 0,
      cancelId: 0,
    })
    if (leaves === 1) event.preventDefault() // closes the window
  })
  letSaveFirst(opened)
  opened.once('ready-to-show', () => {
    opened.show()
    onShown()
  })
  opened.once('closed', () => (window = undefined))
  void opened.loadURL(link)
}

/** Longest wait for the page's last changes when the window is closed, ms. A page that hangs must not keep it open. */
const savesWithin = 3_000

/** Closes the window once the page says that its changes are saved, or that it cannot save them now. */
function letSaveFirst(opened: BrowserWindow): void {
  let hasAsked = false
  opened.on('close', (event) => {
    if (hasAsked) return
    event.preventDefault()
    const close = () => {
      clearTimeout(late)
      ipcMain.off('may-close', answered)
      hasAsked = true
      if (!opened.isDestroyed()) opened.close()
      hasAsked = false // where the page refuses to be closed, the next try asks again
    }
    const answered = (answer: IpcMainEvent) => isOwn(answer) && close()
    const late = setTimeout(close, savesWithin)
    ipcMain.on('may-close', answered)
    opened.webContents.send('closing')
  })
}

const longestText = 200

/** Returns a text that the page sent, cut where it is too long for a dialog. Anything else is an empty text. */
const textOf = (sent: unknown): string => (typeof sent === 'string' ? sent.slice(0, longestText) : '')

const projectFiles = () => [{ name: say('projectFiles'), extensions: ['karyon'] }]

/** Whether a message comes from the page itself, and not from a frame within it or from another page. */
const isOwn = ({ sender, senderFrame }: IpcMainInvokeEvent | IpcMainEvent) =>
  window !== undefined && sender === window.webContents && senderFrame === sender.mainFrame

/**
 * Lets the page ask for native dialogs, titled in its language, and tell which language that is. The preload gives it no
 * other access to the system.
 */
export function answerPage(chooseLanguage: (name: string) => void): void {
  ipcMain.on('language', (event, chosen: unknown) => isOwn(event) && textOf(chosen) && chooseLanguage(textOf(chosen)))
  ipcMain.handle('open-logs', async (event) => void (isOwn(event) && (await shell.openPath(logFolder()))))
  ipcMain.handle('open-slide', (event, title: unknown) => (isOwn(event) ? openFile(title) : null))
  ipcMain.handle('open-project', (event, title: unknown) => (isOwn(event) ? openFile(title, projectFiles()) : null))
  ipcMain.handle('new-project', async (event, title: unknown) => {
    if (!window || !isOwn(event)) return null
    const { filePath } = await dialog.showSaveDialog(window, { title: textOf(title), filters: projectFiles() })
    return filePath ? { folder: dirname(filePath), name: basename(filePath) } : null
  })
}

async function openFile(title: unknown, filters: FileFilter[] = []): Promise<string | null> {
  if (!window) return null
  const { filePaths } = await dialog.showOpenDialog(window, { title: textOf(title), properties: ['openFile'], filters })
  return filePaths[0] ?? null
}
