import { app, dialog, type BrowserWindow } from 'electron'
import { say } from './language.ts'

/** Starts Karyon with drawing by the processor. Chromium knows it by this name too. */
const softwareFlag = 'disable-gpu'

/** Whether this start draws without the graphics card because its driver failed before. */
export const drawsInSoftware = (): boolean => app.commandLine.hasSwitch(softwareFlag)

/**
 * Offers to start again with drawing by the processor when the graphics driver has failed. Karyon starts again only when
 * the user says so, because running work would be stopped. `files`: what the next start opens.
 */
export function watchGraphics(window: () => BrowserWindow | undefined, files: () => readonly string[]): void {
  let hasAsked = false
  app.on('child-process-gone', (_event, { type, reason }) => {
    // Chromium tries several ways to draw at its start, and ends those that do not work here: that is no failure.
    const hasFailed = type === 'GPU' && ['crashed', 'killed', 'oom'].includes(reason)
    if (!hasFailed || hasAsked || drawsInSoftware()) return
    hasAsked = true
    void ask(window()).then((restarts) => {
      if (!restarts) return
      const kept = process.defaultApp ? process.argv.slice(1).filter((argument) => !files().includes(argument)) : []
      app.relaunch({ args: [...kept, `--${softwareFlag}`, ...files()] })
      app.quit()
    })
  })
}

async function ask(window: BrowserWindow | undefined): Promise<boolean> {
  const question = {
    type: 'warning' as const,
    message: say('graphicsFailed'),
    detail: say('graphicsFailedDetail'),
    buttons: [say('graphicsRestart'), say('graphicsGoOn')],
    defaultId: 0,
    cancelId: 1,
  }
  const { response } = await (window ? dialog.showMessageBox(window, question) : dialog.showMessageBox(question))
  return response === 0
}
