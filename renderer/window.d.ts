/** What the desktop shell's preload adds to the page; absent in a browser. */
interface Window {
  readonly karyon?: {
    /** The system's file dialog: the chosen slide's path, or null. */
    openSlide(): Promise<string | null>
    /** Where a dropped file lies; empty where it is none of the disk's. */
    pathOf(file: File): string
  }
}
