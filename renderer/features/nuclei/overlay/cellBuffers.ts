import { dotStride, dotVertices, outlineStride, outlineVertices } from '../geometry.ts'
import type { Boxes, NucleusGrid } from '../grid.ts'
import type { OutlineOf } from '../outlineBlocks.ts'

export interface CellBuffer {
  readonly vao: WebGLVertexArrayObject
  readonly buffer: WebGLBuffer
  readonly vertices: number
  readonly bytes: number
}
export type CellKind = 'outlines' | 'dots'

const budget = 96 * 2 ** 20 // bytes on the GPU; a million nuclei of 20 points would be 250 MB, a view meets a few cells

/**
 * GPU buffers of grid cells, made when a cell first comes into view and dropped, longest unseen first, beyond the
 * budget.
 */
export class CellBuffers {
  private readonly gl: WebGL2RenderingContext
  private readonly nuclei: Boxes
  private readonly outlineOf: OutlineOf
  private readonly grid: NucleusGrid
  private readonly kept = new Map<string, CellBuffer>()
  private bytes = 0

  constructor(gl: WebGL2RenderingContext, nuclei: Boxes, outlineOf: OutlineOf, grid: NucleusGrid) {
    this.gl = gl
    this.nuclei = nuclei
    this.outlineOf = outlineOf
    this.grid = grid
  }

  /** Null for outlines that are not here yet. */
  get(kind: CellKind, cell: number): CellBuffer | null {
    const key = `${kind} ${cell}`
    const known = this.kept.get(key)
    if (known) {
      this.kept.delete(key) // to the end: most recently seen
      this.kept.set(key, known)
      return known
    }
    const made = kind === 'outlines' ? this.outlines(cell) : this.dots(cell)
    if (!made) return null
    this.kept.set(key, made)
    this.bytes += made.bytes
    return made
  }

  /** Call after a frame: nothing that was drawn in it (the newest `keep`) goes. */
  trim(keep: number): void {
    for (const [key, buffer] of this.kept) {
      if (this.bytes <= budget || this.kept.size <= keep) return
      this.drop(key, buffer)
    }
  }

  clear(): void {
    for (const [key, buffer] of this.kept) this.drop(key, buffer)
  }

  private drop(key: string, buffer: CellBuffer): void {
    this.gl.deleteVertexArray(buffer.vao)
    this.gl.deleteBuffer(buffer.buffer)
    this.kept.delete(key)
    this.bytes -= buffer.bytes
  }

  private upload(bytes: ArrayBuffer): { vao: WebGLVertexArrayObject; buffer: WebGLBuffer } {
    const { gl } = this
    const vao = gl.createVertexArray()
    const buffer = gl.createBuffer()
    gl.bindVertexArray(vao)
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer)
    gl.bufferData(gl.ARRAY_BUFFER, bytes, gl.STATIC_DRAW)
    return { vao, buffer }
  }

  private outlines(cell: number): CellBuffer | null {
    const { gl } = this
    const made = outlineVertices(this.outlineOf, this.grid, cell)
    if (!made) return null
    const { bytes, vertices } = made
    const uploaded = this.upload(bytes)
    for (const [location, at] of [
      [0, 0],
      [1, outlineStride],
    ]) {
      gl.enableVertexAttribArray(location)
      gl.vertexAttribPointer(location, 2, gl.FLOAT, false, outlineStride, at)
      gl.vertexAttribDivisor(location, 1)
      gl.enableVertexAttribArray(location + 2)
      gl.vertexAttribIPointer(location + 2, 1, gl.UNSIGNED_INT, outlineStride, at + 8)
      gl.vertexAttribDivisor(location + 2, 1)
    }
    return { ...uploaded, vertices, bytes: bytes.byteLength }
  }

  private dots(cell: number): CellBuffer {
    const { gl } = this
    const { bytes, vertices } = dotVertices(this.nuclei, this.grid, cell)
    const uploaded = this.upload(bytes)
    gl.enableVertexAttribArray(0)
    gl.vertexAttribPointer(0, 2, gl.FLOAT, false, dotStride, 0)
    gl.enableVertexAttribArray(1)
    gl.vertexAttribPointer(1, 1, gl.FLOAT, false, dotStride, 8)
    gl.enableVertexAttribArray(2)
    gl.vertexAttribIPointer(2, 1, gl.UNSIGNED_INT, dotStride, 12)
    return { ...uploaded, vertices, bytes: bytes.byteLength }
  }
}
