import { Menu, type MenuItemConstructorOptions } from 'electron'
import { say } from './language.ts'

/** What a menu entry asks of the page. Only the page knows what is open and whether work may be stopped. */
export type PageCommand = 'recent' | 'open' | 'create'

/** Puts the menu into the language that is spoken now. `choose` passes a command on to the page. */
export function showMenu(choose: (command: PageCommand) => void): void {
  Menu.setApplicationMenu(Menu.buildFromTemplate(template(process.platform === 'darwin', choose)))
}

/**
 * Returns the entries that the system expects, and none that takes keys from labelling: Ctrl+Z undoes labels. Every
 * entry gets its label from the catalogue, because Electron's own labels of roles are always English.
 */
function template(isMac: boolean, choose: (command: PageCommand) => void): MenuItemConstructorOptions[] {
  const entry = (label: string, command: PageCommand, accelerator?: string): MenuItemConstructorOptions => ({
    id: command,
    label,
    accelerator,
    click: () => choose(command),
  })
  return [
    ...(isMac ? [macMenu()] : []),
    {
      label: say('menuFile'),
      submenu: [
        entry(say('menuNew'), 'create', 'CmdOrCtrl+N'),
        entry(say('menuOpen'), 'open', 'CmdOrCtrl+O'),
        entry(say('menuRecent'), 'recent'),
        { type: 'separator' },
        isMac ? { role: 'close', label: say('menuClose') } : { id: 'quit', role: 'quit', label: say('menuQuit') },
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
    { id: 'quit', role: 'quit', label: say('menuQuitKaryon') },
  ],
})
