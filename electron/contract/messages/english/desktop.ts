import type { Room } from '../sentence.ts'

/** The desktop's menu and native dialogs. "&" of a menu is left to the system. */
export const desktop = {
  menuFile: () => 'File',
  menuNew: () => 'New Project…',
  menuOpen: () => 'Open Project…',
  menuRecent: () => 'Recent Projects…',
  menuClose: () => 'Close Window',
  menuQuit: () => 'Quit',
  menuEdit: () => 'Edit',
  menuCut: () => 'Cut',
  menuCopy: () => 'Copy',
  menuPaste: () => 'Paste',
  menuView: () => 'View',
  menuFullScreen: () => 'Full Screen',
  menuDeveloperTools: () => 'Developer Tools',
  menuAbout: () => 'About Karyon',
  menuServices: () => 'Services',
  menuHide: () => 'Hide Karyon',
  menuHideOthers: () => 'Hide Others',
  menuShowAll: () => 'Show All',
  menuQuitKaryon: () => 'Quit Karyon',
  projectFiles: () => 'Karyon projects',
  cannotStart: () => 'Karyon cannot start',
  stopped: () => 'Karyon stopped',
  hostEnded: ({ code }: { code: number }) =>
    `The host process ended with code ${code}. Labels are safe. Start Karyon again.`,
  closeUnsaved: () => 'Some changes are not saved yet.',
  closeUnsavedDetail: () => 'Their disk is full or away. If you close now, they are lost.',
  closeStay: () => 'Keep Open',
  closeLeave: () => 'Close and Lose Them',
  graphicsFailed: () => 'The graphics driver failed.',
  graphicsFailedDetail: () =>
    'Karyon can start again and draw without the graphics card, which is slower. Labels are saved. Running work stops and can be continued.',
  graphicsRestart: () => 'Start Again',
  graphicsGoOn: () => 'Go On',
  drawsInSoftware: () =>
    'The slide is drawn without the graphics card, because its driver failed. This is slower. The next start tries the card again.',
} satisfies Room
