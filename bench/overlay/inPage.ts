/**
 * Script that counts and times inside the page. It is text, and is added before the app's own scripts, which do not
 * know that they are measured. It counts frames by the calls of `clear`: the overlay begins each frame with one.
 */
export const inPage = /* js */ `
window.overlayBench = {
  frames: 0,
  context: null,
  /** Called after each frame. */
  onFrame: null,
  before: null,
  /** Waits until the last frame is on the canvas. Returns the time then. */
  finish() {
    this.context?.readPixels(0, 0, 1, 1, 0x1908, 0x1401, new Uint8Array(4)) // RGBA, bytes
    return performance.now()
  },
  /** Returns the milliseconds from a movement of the mouse until the nucleus under it is shown, at 64 places. */
  async picks() {
    const stage = document.querySelector('[data-testid=stage]')
    const box = stage.getBoundingClientRect()
    const times = []
    for (let k = 0; k < 64; k++) {
      const clientX = box.x + box.width * (0.1 + 0.1 * (k % 8))
      const clientY = box.y + box.height * (0.1 + 0.1 * (k >> 3))
      const began = performance.now()
      stage.dispatchEvent(new PointerEvent('pointermove', { bubbles: true, clientX, clientY }))
      for (let k = 0; k < 20; k++) await null // the page updates itself in microtasks, before anything else runs
      times.push(performance.now() - began)
      await new Promise(requestAnimationFrame)
    }
    return times
  },
  /** Returns the milliseconds from choosing a colouring until all nuclei are drawn in it. */
  async recolour(by) {
    const choice = document.querySelector('[data-testid=colour-by]')
    const { frames } = this
    const began = performance.now()
    choice.value = by
    choice.dispatchEvent(new Event('change', { bubbles: true }))
    while (this.frames === frames) await new Promise(requestAnimationFrame)
    return this.finish() - began
  },
  /** Returns the visible thumbnails of the gallery. */
  thumbnails() {
    const box = document.querySelector('[data-testid=gallery]').getBoundingClientRect()
    return [...document.querySelectorAll('[data-testid=gallery] [data-testid=thumbnail]')].filter((one) => {
      const { top, bottom } = one.getBoundingClientRect()
      return bottom > box.top && top < box.bottom
    })
  },
  isPictured(thumbnail) {
    return thumbnail.dataset.nucleus !== undefined && thumbnail.dataset.pictured !== undefined
  },
  /** Returns the milliseconds from choosing an order until every visible thumbnail has its picture. */
  async listed(order) {
    const choice = document.querySelector('[data-testid=review-order]')
    const gallery = document.querySelector('[data-testid=gallery]')
    const before = gallery.dataset.list
    const began = performance.now()
    choice.value = order
    choice.dispatchEvent(new Event('change', { bubbles: true }))
    for (;;) {
      await new Promise(requestAnimationFrame)
      if (gallery.dataset.list === before) continue
      const seen = this.thumbnails()
      if (seen.length > 0 && seen.every(this.isPictured)) return performance.now() - began
    }
  },
  press: null,
  /** Returns a square of 64 × 64 px around the middle of the overlay's canvas. Call it only right after a frame. */
  middle() {
    const { drawingBufferWidth: width, drawingBufferHeight: height } = this.context
    const pixels = new Uint32Array(64 * 64)
    const bytes = new Uint8Array(pixels.buffer)
    this.context.readPixels((width >> 1) - 32, (height >> 1) - 32, 64, 64, 0x1908, 0x1401, bytes) // RGBA, bytes
    return pixels
  },
  /** From now on keeps the middle of each frame in \`before\`. */
  watchFrames() {
    this.onFrame = () => (this.before = this.middle())
  },
  /**
   * Waits for the next key. press.done resolves with the milliseconds from its event until the middle of a frame equals
   * \`before\` (isBack), or differs from it (not isBack).
   */
  watchPress(isBack) {
    const { before } = this
    this.press = { ms: null }
    this.press.done = new Promise((resolve) => {
      let began = Infinity
      const key = (event) => {
        if (['Control', 'Shift', 'Alt'].includes(event.key)) return
        removeEventListener('keydown', key, true)
        began = event.timeStamp
      }
      addEventListener('keydown', key, true)
      this.onFrame = () => {
        if (began === Infinity) return
        const pixels = this.middle()
        if (pixels.every((one, k) => one === before[k]) !== isBack) return
        this.onFrame = null
        resolve(performance.now() - began)
      }
    })
  },
  scroll: null,
  /** Counts the frames in which the gallery moved, and sums the shares of visible thumbnails that had pictures. */
  watchScrolling() {
    const gallery = document.querySelector('[data-testid=gallery]')
    const scroll = (this.scroll = { frames: 0, pictured: 0, from: gallery.scrollTop, began: performance.now(), isOver: false })
    let before = gallery.scrollTop
    const step = () => {
      if (scroll.isOver) return
      if (gallery.scrollTop !== before) {
        before = gallery.scrollTop
        scroll.frames++
        const seen = this.thumbnails()
        scroll.pictured += seen.filter(this.isPictured).length / seen.length
      }
      requestAnimationFrame(step)
    }
    requestAnimationFrame(step)
  },
  scrolled() {
    const { frames, pictured, from, began } = this.scroll
    this.scroll.isOver = true
    const seconds = (performance.now() - began) / 1000
    const moved = document.querySelector('[data-testid=gallery]').scrollTop - from
    return { pixelsPerSecond: moved / seconds, fps: frames / seconds, pictured: pictured / frames }
  },
}
const clear = WebGL2RenderingContext.prototype.clear
WebGL2RenderingContext.prototype.clear = function (mask) {
  if (this.canvas.dataset.testid === 'overlay') {
    window.overlayBench.frames++
    window.overlayBench.context = this
    // A frame is drawn within one task, so it is complete when the microtasks after it run.
    queueMicrotask(() => window.overlayBench.onFrame?.())
  }
  clear.call(this, mask)
}
`
