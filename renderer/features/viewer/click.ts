/** Movement below which a press is a click and not a pan, CSS pixels: a shaky hand moves two to five. */
export const clickTravel = 6

/**
 * Tells clicks from pans. A press becomes a pan as soon as it is more than `clickTravel` away from where it began;
 * moving back does not make it a click again.
 */
export class PressTracker {
  private start: { x: number; y: number } | null = null
  private panning = false

  press(x: number, y: number): void {
    this.start = { x, y }
    this.panning = false
  }

  /** Returns whether this movement pans the slide. */
  move(x: number, y: number): boolean {
    if (this.start && Math.hypot(x - this.start.x, y - this.start.y) > clickTravel) this.panning = true
    return this.panning
  }

  /** Returns the place of the click, or null if the press was a pan. */
  release(x: number, y: number): { x: number; y: number } | null {
    const start = this.start
    const panned = this.move(x, y)
    this.start = null
    return start && !panned ? start : null
  }
}
