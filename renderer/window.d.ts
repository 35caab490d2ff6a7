/** What the desktop shell's preload script adds to the page; absent in a browser. */
interface Window {
  readonly karyon?: {
    /** Opens the system's file dialog with this title. Resolves with the path of the chosen slide, or null. */
    openSlide(title: string): Promise<string | null>
    /**
     * Open the system's dialogs to open a project (resolves with its path) or to create one. Resolve with null if
     * nothing was chosen.
     */
    openProject(title: string): Promise<string | null>
    newProject(title: string): Promise<{ folder: string; name: string } | null>
    /** Sets the language of the menu and the native dialogs. */
    setLanguage(language: string): void
    /** Calls `chosen` when one of the menu's project entries is chosen. */
    onMenu(chosen: (command: 'recent' | 'open' | 'create') => void): void
    /** Calls `opened` with the path of a file that the user opened while Karyon was running, in the system's file manager. */
    onFile(opened: (path: string) => void): void
    /** Calls `save` when the window is to be closed, and waits a few seconds for it. */
    onClosing(save: () => Promise<unknown>): void
    /** Opens the folder of the log files in the system's file manager. */
    openLogs(): Promise<void>
    /** Returns the path of a dropped file, or '' if it is not a file on the disk. */
    pathOf(file: File): string
  }
}
