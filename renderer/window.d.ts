/** What the desktop shell's preload adds to the page; absent in a browser. */
interface Window {
  readonly karyon?: {
    /** The system's file dialog, so titled: the chosen slide's path, or null. */
    openSlide(title: string): Promise<string | null>
    /** The system's dialogs for a project to open (its path) and for a new one; null where none was chosen. */
    openProject(title: string): Promise<string | null>
    newProject(title: string): Promise<{ folder: string; name: string } | null>
    /** The language of the menu and the native dialogs. */
    setLanguage(language: string): void
    /** Tells of the menu's entries for projects. */
    onMenu(chosen: (command: 'recent' | 'open' | 'create') => void): void
    /** Where a dropped file lies; empty where it is none of the disk's. */
    pathOf(file: File): string
  }
}
