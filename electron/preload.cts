import type * as Electron from 'electron'

// A sandboxed preload is a CommonJS script with a `require` that knows only electron.
const { contextBridge, ipcRenderer, webUtils } = require('electron') as typeof Electron

/**
 * Everything that the page gets from the desktop: answers of native dialogs, the menu's project commands, files opened
 * from outside, the closing of the window, and the path of a dropped file. Its types are declared in renderer/window.d.ts.
 */
contextBridge.exposeInMainWorld('karyon', {
  openSlide: (title: string) => ipcRenderer.invoke('open-slide', title),
  openProject: (title: string) => ipcRenderer.invoke('open-project', title),
  newProject: (title: string) => ipcRenderer.invoke('new-project', title),
  openLogs: () => ipcRenderer.invoke('open-logs'),
  setLanguage: (language: string) => ipcRenderer.send('language', language),
  onMenu: (chosen: (command: string) => void) =>
    ipcRenderer.on('projects-menu', (_event, command: string) => chosen(command)),
  onFile: (opened: (path: string) => void) => ipcRenderer.on('open-file', (_event, path: string) => opened(path)),
  onClosing: (save: () => Promise<unknown>) =>
    ipcRenderer.on('closing', () => void save().finally(() => ipcRenderer.send('may-close'))),
  pathOf: (file: File) => webUtils.getPathForFile(file),
})
