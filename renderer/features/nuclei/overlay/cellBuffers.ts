import { dotStride, dotVertices, outlineStride, outlineVertices } from './geometry.ts'
import type { Boxes, NucleusGrid } from './grid.ts'
import type { OutlineOf } from './outlineBlocks.ts'

export interface VertexBuffer {
  readonly vao: WebGLVertexArrayObject
  readonly buffer: WebGLBuffer
  readonly vertices: number
  readonly bytes: number
}

const budget = 96 * 2 ** 20 // bytes of outlines on the GPU; a million nuclei of 20 points would take 700 MB

/**
 * The nuclei on the GPU: all of them as dots (16 bytes each), and the outlines of grid cells. Outlines are built when a
 * cell first comes into view. Beyond the budget, those not seen for longest are dropped.
 */
export class CellBuffers {
  private readonly gl: WebGL2RenderingContext
  private readonly nuclei: Boxes
  private readonly outlineOf: OutlineOf
  private readonly grid: NucleusGrid
  private readonly kept = new Map<number, VertexBuffer>()
  private allDots: VertexBuffer | null = null
  private bytes = 0

  constructor(gl: WebGL2RenderingContext, nuclei: Boxes, outlineOf: OutlineOf, grid: NucleusGrid) {
    this.gl = gl
    this.nuclei = nuclei
    this.outlineOf = outlineOf
    this.grid = grid
  }

  /** Returns the dots of all nuclei, in the grid's order. */
  dots(): VertexBuffer {
    if (this.allDots) return this.allDots
    const { gl } = this
    const made = this.upload(dotVertices(this.nuclei, this.grid), dotStride)
    this.attribute(0, 2, gl.FLOAT, dotStride, 0)
    this.attribute(1, 1, gl.FLOAT, dotStride, 8)
    this.attribute(2, 1, gl.UNSIGNED_INT, dotStride, 12)
    return (this.allDots = made)
  }

  /**
   * Returns the outlines of a cell with every point (step 1) or every second point (step 2), or null until they have
   * arrived.
   */
  outlines(cell: number, step: 1 | 2): VertexBuffer | null {
    const key = 2 * cell + step - 1
    const known = this.kept.get(key)
    if (known) {
      this.kept.delete(key) // moves it to the end: most recently seen
      this.kept.set(key, known)
      return known
    }
    const { gl } = this
    const strip = outlineVertices(this.outlineOf, this.grid, cell, step)
    if (!strip) return null
    const made = this.upload(strip.bytes, outlineStride)
    this.attribute(0, 2, gl.FLOAT, outlineStride, 0)
    this.attribute(1, 2, gl.SHORT, outlineStride, 8)
    this.attribute(2, 1, gl.UNSIGNED_INT, outlineStride, 12)
    this.kept.set(key, made)
    this.bytes += made.bytes
    return made
  }

  /**
   * Drops outlines beyond the budget. Call it after a frame; the newest `keep` buffers, which that frame drew, stay.
   */
  trim(keep: number): void {
    for (const [key, buffer] of this.kept) {
      if (this.bytes <= budget || this.kept.size <= keep) return
      this.kept.delete(key)
      this.bytes -= buffer.bytes
      this.free(buffer)
    }
  }

  clear(): void {
    for (const buffer of this.kept.values()) this.free(buffer)
    if (this.allDots) this.free(this.allDots)
    this.kept.clear()
    this.allDots = null
    this.bytes = 0
  }

  private free({ vao, buffer }: VertexBuffer): void {
    this.gl.deleteVertexArray(vao)
    this.gl.deleteBuffer(buffer)
  }

  private upload(bytes: ArrayBuffer, stride: number): VertexBuffer {
    const { gl } = this
    const vao = gl.createVertexArray()
    const buffer = gl.createBuffer()
    gl.bindVertexArray(vao)
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer)
    gl.bufferData(gl.ARRAY_BUFFER, bytes, gl.STATIC_DRAW)
    return { vao, buffer, vertices: bytes.byteLength / stride, bytes: bytes.byteLength }
  }

  private attribute(location: number, size: number, type: number, stride: number, at: number): void {
    const { gl } = this
    gl.enableVertexAttribArray(location)
    if (type === gl.UNSIGNED_INT) gl.vertexAttribIPointer(location, size, type, stride, at)
    else gl.vertexAttribPointer(location, size, type, false, stride, at)
  }
}
