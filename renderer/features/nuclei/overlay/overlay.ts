import { uniqueAscending, type ChangeLog } from '../../../../electron/contract/nuclei/changeLog.ts'
import type { ShownClasses } from '../../../../electron/contract/nuclei/displayed.ts'
import { scaleOf, visibleRect, type ViewTransform } from '../../viewer/index.ts'
import type { Colouring } from '../classes/colouring.ts'
import type { NucleusColumns } from '../fetchColumns.ts'
import { densityBins, densityPicture, repaintDensity, type DensityBins, type DensityPicture } from './density.ts'
import { cellCorner, runsOf } from './geometry.ts'
import { cellsIn, countIn, inTurned, type NucleusGrid, type RelativeRect } from './grid.ts'
import { levelOfDetail, limitsFor, outlineStep, type DrawingLimits, type LevelOfDetail } from './levelOfDetail.ts'
import type { OutlineBlocks } from './outlineBlocks.ts'
import { CellBuffers } from './cellBuffers.ts'
import { program, rendererName, texelTexture, type Program } from './gl.ts'
import { putStates, select, stateWords, texelRuns, type TexelRun } from './states.ts'
import * as shaders from './shaders.ts'

/** Everything the overlay draws. The columns are read in place and never copied. */
export interface OverlayScene {
  readonly nuclei: NucleusColumns
  readonly grid: NucleusGrid
  /** The overlay asks it for the outlines that the view needs. */
  readonly outlines: OutlineBlocks
  readonly shown: ShownClasses
  /** Records where the shown classes change while this scene is in use. */
  readonly changes: ChangeLog
  /** Slot of each class id. */
  readonly slots: Uint8Array
  readonly colouring: Colouring
  /** Two lines of 256 RGBA texels; see palette.ts. */
  readonly palette: Uint8Array
  /** Positions of the selected nuclei. */
  readonly selected: readonly number[]
}

export interface Drawn {
  readonly level: LevelOfDetail
  /** Number of nuclei that touch the view. All of them are drawn, as outlines, as dots or in the density picture. */
  readonly inView: number
  /** About how many of them are drawn as dots because their outlines have not arrived yet. */
  readonly waiting: number
  /** For level 'density': nuclei per level-0 pixel² at which the picture reaches full opacity. */
  readonly fullDensity: number
}

interface Gpu {
  outline: Program
  dot: Program
  density: Program
  states: WebGLTexture
  palette: WebGLTexture
  picture: WebGLTexture
  empty: WebGLVertexArrayObject
}

const none = 0xffffffff

/**
 * The WebGL2 layer over the slide. It survives the loss of its context, because everything on the GPU can be rebuilt.
 */
export class Overlay {
  private readonly canvas: HTMLCanvasElement
  private readonly gl: WebGL2RenderingContext
  private readonly onRestored: () => void
  private readonly limits: DrawingLimits
  private gpu: Gpu | null = null
  private scene: OverlayScene | null = null
  private buffers: CellBuffers | null = null
  private words: Uint32Array | null = null
  private bins: DensityBins | null = null
  private picture: DensityPicture | null = null
  private partsOfCell = new Map<number, number[]>()
  /** What is missing or out of date on the GPU. */
  private stale = { states: true, palette: true, picture: true }
  /** Versions of the shown classes that `words` and `picture` contain, and the nuclei marked as selected in `words`. */
  private wordsAt = -1
  private pictureAt = -1
  private marked: readonly number[] = []

  /** Throws Error if the browser has no WebGL2. */
  constructor(canvas: HTMLCanvasElement, onRestored: () => void) {
    const gl = canvas.getContext('webgl2', { alpha: true, antialias: false, premultipliedAlpha: true, depth: false })
    if (!gl) throw new Error('This browser has no WebGL2.')
    this.canvas = canvas
    this.gl = gl
    this.onRestored = onRestored
    this.limits = limitsFor(rendererName(gl))
    canvas.addEventListener('webglcontextlost', this.lost)
    canvas.addEventListener('webglcontextrestored', this.restored)
  }

  private readonly lost = (event: Event): void => {
    event.preventDefault() // asks the browser to restore the context
    this.gpu = null
    this.buffers = null
  }

  private readonly restored = (): void => {
    this.stale = { states: true, palette: true, picture: true }
    this.onRestored()
  }

  /** Sets a new scene. Only what differs from the previous one is uploaded again. */
  setScene(scene: OverlayScene | null): void {
    const before = this.scene
    this.scene = scene
    if (before?.nuclei !== scene?.nuclei || before?.grid !== scene?.grid) {
      this.buffers?.clear()
      this.buffers = null
      this.partsOfCell.clear()
      this.bins = null
    }
    if (before?.palette !== scene?.palette) this.stale.palette = this.stale.picture = true
    const parts = ['nuclei', 'shown', 'changes', 'slots', 'colouring'] as const
    if (!parts.every((key) => before?.[key] === scene?.[key])) {
      this.words = null
      this.stale.states = this.stale.picture = true
    }
  }

  private ensureGpu(): Gpu {
    if (this.gpu) return this.gpu
    const { gl } = this
    const picture = texelTexture(gl)
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.LINEAR)
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR)
    this.gpu = {
      outline: program(gl, shaders.outlineVertex, shaders.outlineFragment),
      dot: program(gl, shaders.dotVertex, shaders.dotFragment),
      density: program(gl, shaders.densityVertex, shaders.densityFragment),
      states: texelTexture(gl),
      palette: texelTexture(gl),
      picture,
      empty: gl.createVertexArray(),
    }
    return this.gpu
  }

  /**
   * Draws one frame. `visible` is false while the user hides the overlay; `hovered` is a position or −1. Returns a
   * summary of what was drawn, or null if nothing was.
   */
  draw(view: ViewTransform, pixelRatio: number, visible: boolean, hovered: number): Drawn | null {
    const { gl, canvas, scene } = this
    if (gl.isContextLost()) return null
    const width = Math.max(1, Math.round(view.width * pixelRatio))
    const height = Math.max(1, Math.round(view.height * pixelRatio))
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width
      canvas.height = height
    }
    gl.viewport(0, 0, width, height)
    gl.clearColor(0, 0, 0, 0)
    gl.clear(gl.COLOR_BUFFER_BIT)
    if (!scene || !visible || scene.nuclei.count === 0) return null

    const gpu = this.ensureGpu()
    const rect = relativeView(view, scene.nuclei)
    const touched = cellsIn(scene.grid, rect)
    const isTurned = view.b !== 0 || view.c !== 0
    const { cells, count: inView } = isTurned
      ? inTurned(scene.nuclei, scene.grid, touched, relativeTransform(view, scene.nuclei))
      : { cells: touched, count: countIn(scene.nuclei, scene.grid, touched, rect) }
    const level = levelOfDetail(inView, scene.grid.typicalDiameter, scaleOf(view), this.limits)
    gl.enable(gl.BLEND)
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA)
    const frame = { view, pixelRatio, width, height, hovered: hovered < 0 ? none : hovered }
    if (level === 'density') {
      const { full, size } = this.drawDensity(gpu, scene, frame)
      return { level, inView, waiting: 0, fullDensity: full / size ** 2 }
    }
    this.upload(gpu, scene)
    const { ready, waiting } = level === 'outlines' ? this.split(scene, cells) : { ready: [], waiting: cells }
    this.drawDots(gpu, scene, waiting, frame)
    this.drawOutlines(gpu, scene, ready, frame)
    this.buffers?.trim(cells.length)
    const isWaiting = level === 'outlines' && waiting.length > 0
    return { level, inView, waiting: isWaiting ? countIn(scene.nuclei, scene.grid, waiting, rect) : 0, fullDensity: 0 }
  }

  /** Splits cells into those whose outlines have arrived and those still waiting, and requests the missing outlines. */
  private split({ outlines, grid, nuclei }: OverlayScene, cells: readonly number[]) {
    const needed = new Set<number>()
    const ready: number[] = []
    const waiting: number[] = []
    for (const cell of cells) {
      let parts = this.partsOfCell.get(cell)
      if (!parts) {
        const found = new Set<number>()
        for (let k = grid.start[cell]; k < grid.start[cell + 1]; k++) found.add(nuclei.part[grid.order[k]])
        this.partsOfCell.set(cell, (parts = [...found]))
      }
      for (const part of parts) needed.add(part)
      if (parts.every((part) => outlines.has(part))) ready.push(cell)
      else waiting.push(cell)
    }
    outlines.need(needed)
    return { ready, waiting }
  }

  /** Uploads the textures that dots and outlines take their colours from. The density picture has its own. */
  private upload(gpu: Gpu, scene: OverlayScene): void {
    const { gl, stale } = this
    const runs = this.updateWords(scene)
    if (this.words && (stale.states || !runs)) {
      gl.bindTexture(gl.TEXTURE_2D, gpu.states)
      const rows = this.words.length / shaders.stateWidth
      const format = [gl.RGBA_INTEGER, gl.UNSIGNED_BYTE] as const
      const bytes = new Uint8Array(this.words.buffer)
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8UI, shaders.stateWidth, rows, 0, ...format, bytes)
      stale.states = false
    } else if (this.words && runs && runs.length > 0) {
      gl.bindTexture(gl.TEXTURE_2D, gpu.states)
      for (const { row, from, to } of runs) {
        const first = row * shaders.stateWidth
        const bytes = new Uint8Array(this.words.buffer, 4 * (first + from), 4 * (to - from))
        gl.texSubImage2D(gl.TEXTURE_2D, 0, from, row, to - from, 1, gl.RGBA_INTEGER, gl.UNSIGNED_BYTE, bytes)
      }
    }
    if (stale.palette) {
      gl.bindTexture(gl.TEXTURE_2D, gpu.palette)
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, 256, 2, 0, gl.RGBA, gl.UNSIGNED_BYTE, scene.palette)
      stale.palette = false
    }
  }

  /** Brings the words up to date. Returns the texel runs that changed, or null if any texel may have changed. */
  private updateWords(scene: OverlayScene): TexelRun[] | null {
    const { changes, selected } = scene
    const changed = this.words ? changes.since(this.wordsAt) : null
    if (!this.words || !changed) {
      this.words = stateWords(scene)
      select(this.words, selected, true)
    } else {
      putStates(this.words, scene, changed)
      if (this.marked !== selected) {
        select(this.words, this.marked, false)
        select(this.words, selected, true)
      }
    }
    const isMarkedAnew = this.marked !== selected
    const touched = isMarkedAnew && changed ? Uint32Array.from([...changed, ...this.marked, ...selected]) : changed
    this.wordsAt = changes.version
    this.marked = selected
    return touched && texelRuns(uniqueAscending(touched))
  }

  private place(p: Program, frame: Frame, origin: ArrayLike<number>, corner: readonly [number, number]): void {
    const { gl } = this
    const { view, pixelRatio: r } = frame
    // Level-0 coordinates reach 10⁵ and more, so the corner is transformed in float64 and the GPU gets only small
    // numbers.
    const x = origin[0] + corner[0]
    const y = origin[1] + corner[1]
    gl.uniform2f(p.uniform('offset'), (view.a * x + view.c * y + view.e) * r, (view.b * x + view.d * y + view.f) * r)
  }

  private begin(p: Program, frame: Frame): void {
    const { gl } = this
    const { view, pixelRatio: r } = frame
    gl.useProgram(p.handle)
    gl.uniformMatrix2fv(p.uniform('linear'), false, [view.a * r, view.b * r, view.c * r, view.d * r])
    gl.uniform2f(p.uniform('stageSize'), frame.width, frame.height)
  }

  private beginNuclei(p: Program, gpu: Gpu, frame: Frame): void {
    const { gl } = this
    this.begin(p, frame)
    gl.uniform1ui(p.uniform('hovered'), frame.hovered)
    gl.uniform1f(p.uniform('density'), frame.pixelRatio)
    gl.activeTexture(gl.TEXTURE0)
    gl.bindTexture(gl.TEXTURE_2D, gpu.states)
    gl.activeTexture(gl.TEXTURE1)
    gl.bindTexture(gl.TEXTURE_2D, gpu.palette)
    gl.activeTexture(gl.TEXTURE0)
    gl.uniform1i(p.uniform('states'), 0)
    gl.uniform1i(p.uniform('palette'), 1)
  }

  private drawDots(gpu: Gpu, scene: OverlayScene, cells: readonly number[], frame: Frame): void {
    if (cells.length === 0) return
    const { gl } = this
    this.beginNuclei(gpu.dot, gpu, frame)
    gl.uniform1f(gpu.dot.uniform('ring'), 1.4 * frame.pixelRatio)
    this.place(gpu.dot, frame, scene.nuclei.origin, [0, 0])
    gl.bindVertexArray(this.buffersOf(scene).dots().vao)
    for (const [first, count] of runsOf(scene.grid, cells)) gl.drawArrays(gl.POINTS, first, count)
    gl.bindVertexArray(null)
  }

  private drawOutlines(gpu: Gpu, scene: OverlayScene, cells: readonly number[], frame: Frame): void {
    if (cells.length === 0) return
    const { gl } = this
    const buffers = this.buffersOf(scene)
    this.beginNuclei(gpu.outline, gpu, frame)
    const step = outlineStep(scene.grid.typicalDiameter, scaleOf(frame.view) * frame.pixelRatio)
    for (const cell of cells) {
      const strip = buffers.outlines(cell, step)
      if (!strip) continue
      this.place(gpu.outline, frame, scene.nuclei.origin, cellCorner(scene.grid, cell))
      gl.bindVertexArray(strip.vao)
      gl.drawArrays(gl.TRIANGLE_STRIP, 0, strip.vertices)
    }
    gl.bindVertexArray(null)
  }

  private buffersOf({ nuclei, outlines, grid }: OverlayScene): CellBuffers {
    return (this.buffers ??= new CellBuffers(this.gl, nuclei, outlines.at, grid))
  }

  private drawDensity(gpu: Gpu, scene: OverlayScene, frame: Frame): DensityPicture {
    const { gl } = this
    gl.activeTexture(gl.TEXTURE0)
    gl.bindTexture(gl.TEXTURE_2D, gpu.picture)
    const picture = this.densityOf(scene)
    const { left, top, columns, rows, size } = picture
    this.begin(gpu.density, frame)
    this.place(gpu.density, frame, scene.nuclei.origin, [left, top])
    gl.uniform2f(gpu.density.uniform('size'), columns * size, rows * size)
    gl.uniform1i(gpu.density.uniform('picture'), 0)
    gl.bindVertexArray(gpu.empty)
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4)
    gl.bindVertexArray(null)
    return picture
  }

  /** Returns the up-to-date density picture and uploads the rows that changed to the bound texture. */
  private densityOf(scene: OverlayScene): DensityPicture {
    const { gl, stale, bins } = this
    const { grid, nuclei, changes } = scene
    if (this.picture && bins && !stale.picture) {
      const changed = changes.since(this.pictureAt)
      const rows = changed && repaintDensity(this.picture, bins, nuclei, scene, changed)
      if (rows) {
        const { columns, pixels } = this.picture
        const bytes = pixels.subarray(4 * columns * rows.from, 4 * columns * rows.to)
        const count = rows.to - rows.from
        if (count > 0)
          gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, rows.from, columns, count, gl.RGBA, gl.UNSIGNED_BYTE, bytes)
        this.pictureAt = changes.version
        return this.picture
      }
    }
    const width = grid.columns * grid.cellSize
    const extent = { left: grid.left, top: grid.top, width, height: grid.rows * grid.cellSize }
    this.bins ??= densityBins(nuclei, extent)
    const made = (this.picture = densityPicture(this.bins, scene))
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, made.columns, made.rows, 0, gl.RGBA, gl.UNSIGNED_BYTE, made.pixels)
    this.pictureAt = changes.version
    stale.picture = false
    return made
  }

  dispose(): void {
    this.canvas.removeEventListener('webglcontextlost', this.lost)
    this.canvas.removeEventListener('webglcontextrestored', this.restored)
    this.buffers?.clear()
    this.gl.getExtension('WEBGL_lose_context')?.loseContext()
  }
}

interface Frame {
  view: ViewTransform
  pixelRatio: number
  width: number
  height: number
  hovered: number
}

/** Returns the view transform for coordinates relative to the nuclei's origin. */
const relativeTransform = (view: ViewTransform, { origin: [x, y] }: NucleusColumns): ViewTransform => ({
  ...view,
  e: view.a * x + view.c * y + view.e,
  f: view.b * x + view.d * y + view.f,
})

/** Returns the bounds of the stage relative to the nuclei's origin. */
function relativeView(view: ViewTransform, nuclei: NucleusColumns): RelativeRect {
  const { x, y, width, height } = visibleRect(view)
  const left = x - nuclei.origin[0]
  const top = y - nuclei.origin[1]
  return { left, top, right: left + width, bottom: top + height }
}
