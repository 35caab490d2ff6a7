import { resolve } from 'node:path'
import { app, dialog, powerMonitor } from 'electron'
import { languageOf, sayIn, type Language } from './contract/messages/message.ts'
import { keepLog } from './launch/logs.ts'
import { applySettings } from './launch/settings.ts'
import { readyMessage } from './launch/shellMark.ts'
import { drawsInSoftware, watchGraphics } from './shell/graphics.ts'
import { startHostProcess, type HostConnection, type HostNews } from './shell/hostProcess.ts'
import { say, speak, spoken } from './shell/language.ts'
import { showMenu, type PageCommand } from './shell/menu.ts'
import { answerPage, denyPermissions, openWindow, theWindow } from './shell/window.ts'

/**
 * The desktop shell: a window, a menu, native dialogs and the processes. Nothing here blocks: slides, project and routes
 * are in the host process, onnxruntime is in the engine processes.
 */
applySettings() // for the engine; the host reports what is wrong with the settings
const log = keepLog('shell')
let host: HostConnection | undefined
let isClosing = false
/** The file of the command line or, on macOS, of a double click. */
let file = fileOf(process.argv)

/** Returns the absolute path of the first argument that is not a flag. In development, the app's own path is before it. */
function fileOf(argv: readonly string[]): string | undefined {
  const given = argv.slice(1).filter((argument) => !argument.startsWith('-'))[process.defaultApp ? 1 : 0]
  return given === undefined ? undefined : resolve(given)
}

function speakAs(language: Language): void {
  speak(language)
  showMenu((command: PageCommand) => theWindow()?.webContents.send('projects-menu', command))
}

function receive(news: HostNews): void {
  switch (news.kind) {
    case 'serving':
      return openWindow(news.link, news.origin, () => process.stdout.write(`${readyMessage}\n`))
    case 'failed':
      isClosing = true
      dialog.showErrorBox(say('cannotStart'), sayIn(spoken(), news.message))
      return app.exit(1)
    case 'closed':
      return app.exit(0)
  }
}

function start(): void {
  denyPermissions()
  speakAs(languageOf(app.getPreferredSystemLanguages()))
  answerPage((name) => speakAs(languageOf([name])))
  // Nothing has to be done after sleep: no part waits for another by the clock. The log says that time has passed.
  powerMonitor.on('suspend', () => log.write('info', 'the computer goes to sleep'))
  powerMonitor.on('resume', () => log.write('info', 'the computer has woken up'))
  watchGraphics(theWindow, () => (file === undefined ? [] : [file]))
  host = startHostProcess(receive, (code) => {
    if (isClosing) return app.exit(0)
    log.write('error', `the host process ended with code ${code}`)
    isClosing = true
    dialog.showErrorBox(say('stopped'), say('hostEnded', { code }))
    app.exit(1)
  })
  host.send({ kind: 'open', file, drawsInSoftware: drawsInSoftware() })
}

/** Shows the window and has the page open a file, which asks before it stops work. */
function openLater(path: string | undefined): void {
  const window = theWindow()
  if (!window) return void (file = path ?? file)
  if (window.isMinimized()) window.restore()
  window.focus()
  if (path !== undefined) window.webContents.send('open-file', path)
}

app.enableSandbox()
// The second Karyon tells the first its file itself, because Chromium changes the command line that it passes on.
if (app.requestSingleInstanceLock({ file })) {
  app.on('second-instance', (_event, _argv, _folder, told) => openLater((told as { file?: string }).file))
  app.on('open-file', (event, path) => {
    event.preventDefault()
    openLater(path)
  })
  app.on('window-all-closed', () => app.quit())
  // The windows are closed by now, and their last labels are on their way. The host answers when all is on disk.
  app.on('will-quit', (event) => {
    if (isClosing || !host) return
    event.preventDefault()
    isClosing = true
    host.send({ kind: 'close' })
  })
  void app.whenReady().then(start)
} else app.quit()
