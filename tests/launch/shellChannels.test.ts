import { beforeEach, expect, test, vi } from 'vitest'
import { readFileSync } from 'node:fs'
import ts from 'typescript'

type Handler = (event: unknown, ...values: unknown[]) => unknown
const shell = vi.hoisted(() => {
  const handlers = new Map<string, Handler>()
  const dialogs: { title?: unknown }[] = []
  const windowEvents = new Map<string, Handler>()
  const mainFrame = { name: 'main' }
  const webContents = {
    mainFrame,
    setWindowOpenHandler: () => undefined,
    on: () => undefined,
    send: () => undefined,
  }
  let closed = 0
  class BrowserWindow {
    webContents = webContents
    on = (name: string, handler: Handler) => windowEvents.set(name, handler)
    once = () => undefined
    loadURL = () => Promise.resolve()
    isDestroyed = () => false
    close = () => void closed++
  }
  const dialog = async (_window: unknown, options: { title?: unknown }) => {
    dialogs.push(options)
    return { filePaths: ['/picked/file'], filePath: '/picked/file.karyon' }
  }
  const ipcMain = {
    on: (name: string, handler: Handler) => handlers.set(name, handler),
    off: (name: string) => handlers.delete(name),
    handle: (name: string, handler: Handler) => handlers.set(name, handler),
  }
  const electron = { BrowserWindow, ipcMain, dialog: { showOpenDialog: dialog, showSaveDialog: dialog }, session: {} }
  return { electron, handlers, dialogs, windowEvents, webContents, mainFrame, closed: () => closed }
})
vi.mock('electron', () => shell.electron)

const { answerPage, openWindow } = await import('../../electron/shell/window.ts')
const languages: string[] = []
openWindow('http://127.0.0.1:1/open', 'http://127.0.0.1:1', () => undefined)
answerPage((name) => languages.push(name))

const own = { sender: shell.webContents, senderFrame: shell.mainFrame }
const strangers = [
  { sender: shell.webContents, senderFrame: { name: 'a frame within the page' } },
  { sender: { ...shell.webContents, mainFrame: shell.mainFrame }, senderFrame: shell.mainFrame },
  { sender: shell.webContents, senderFrame: null },
]
/** What a channel can carry instead of a text, and a text that no title or language is. */
const noTexts: readonly unknown[] = [
  undefined,
  null,
  7,
  NaN,
  {},
  { toString: 1, valueOf: null },
  ['de'],
  Symbol.iterator,
]

beforeEach(() => {
  shell.dialogs.length = 0
  languages.length = 0
})

test.each(['language', 'open-slide', 'open-project', 'new-project'])(
  '%s takes nothing from a frame, another page or a value that is no text',
  async (channel) => {
    const handler = shell.handlers.get(channel)!
    for (const stranger of strangers) await handler(stranger, 'de')
    expect([shell.dialogs, languages]).toEqual([[], []])
    for (const value of noTexts) await handler(own, value)
    expect(languages).toEqual([])
    for (const { title } of shell.dialogs) expect(title).toBe('')
    shell.dialogs.length = 0
    await handler(own, 'x'.repeat(100_000))
    for (const text of [...languages, ...shell.dialogs.map(({ title }) => title)])
      expect(String(text).length).toBeLessThanOrEqual(200)
    await handler(own, 'de')
    expect(languages.includes('de') || shell.dialogs.at(-1)?.title === 'de').toBe(true)
  },
)

test('the window closes for its own page alone', () => {
  const prevented = vi.fn()
  shell.windowEvents.get('close')!({ preventDefault: prevented })
  expect(prevented).toHaveBeenCalled()
  for (const stranger of strangers) shell.handlers.get('may-close')!(stranger)
  expect(shell.closed()).toBe(0)
  shell.handlers.get('may-close')!(own)
  expect(shell.closed()).toBe(1)
})

test('the page gets what the shell sends as a value, and no way to send elsewhere', () => {
  const exposed: Record<string, (...given: unknown[]) => unknown> = {}
  const received = new Map<string, Handler>()
  const sent: unknown[][] = []
  const ipcRenderer = {
    on: (channel: string, handler: Handler) => received.set(channel, handler),
    send: (...all: unknown[]) => sent.push(all),
    invoke: (...all: unknown[]) => sent.push(all),
  }
  const electron = {
    contextBridge: { exposeInMainWorld: (_name: string, all: typeof exposed) => Object.assign(exposed, all) },
    ipcRenderer,
    webUtils: {},
  }
  const source = readFileSync(new URL('../../electron/preload.cts', import.meta.url), 'utf8')
  const script = ts.transpileModule(source, { compilerOptions: { module: ts.ModuleKind.CommonJS } }).outputText
  new Function('require', 'exports', script)(() => electron, {})
  const got: unknown[][] = []
  exposed.onMenu((...all: unknown[]) => got.push(all))
  exposed.onFile((...all: unknown[]) => got.push(all))
  const event = { sender: ipcRenderer }
  received.get('projects-menu')!(event, 'open')
  received.get('open-file')!(event, '/a/slide.tif')
  expect(got, 'the event, whose sender could send anything, stays outside').toEqual([['open'], ['/a/slide.tif']])
  expect([...received.keys()].sort()).toEqual(['open-file', 'projects-menu'])
  exposed.onClosing(() => Promise.resolve())
  expect([...received.keys()]).toContain('closing')
  expect(Object.keys(exposed).sort()).toEqual([
    'newProject',
    'onClosing',
    'onFile',
    'onMenu',
    'openProject',
    'openSlide',
    'pathOf',
    'setLanguage',
  ])
})
