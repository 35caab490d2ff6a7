/** Travel below which a press is a click and never a pan, CSS pixels: a shaky hand moves two to five. */
export const clickTravel = 6

/**
 * Tells clicks from pans. A press becomes a pan once it has ever been further than `clickTravel` from where it
 * began; coming back does not make it a click again.
 */
export class PressTracker {
  private start: { x: number; y: number } | null = null
  private panning = false

  press(x: number, y: number): void {
    this.start = { x, y }
    this.panning = false
  }

  /** True where this movement pans the slide. */
  move(x: number, y: number): boolean {
    if (this.start && Math.hypot(x - this.start.x, y - this.start.y) > clickTravel) this.panning = true
    return this.panning
  }

  /** Where the click was, or null where the press was a pan. */
  release(x: number, y: number): { x: number; y: number } | null {
    const start = this.start
    const panned = this.move(x, y)
    this.start = null
    return start && !panned ? start : null
  }
}
