import { sameShape, showShape, type Dim, type Shape } from '../graph/dim.ts'

/** Shape by NumPy's broadcasting rules; a symbolic dimension matches only itself and 1. */
export function broadcast(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length)
  return Array.from({ length: rank }, (_, i): Dim => {
    const x = a[i - rank + a.length] ?? 1
    const y = b[i - rank + b.length] ?? 1
    if (x === y || y === 1) return x
    if (x === 1) return y
    throw new Error('shapes must broadcast')
  })
}

export const rule = (holds: boolean, what: string): void => {
  if (!holds) throw new Error(what)
}

/** Returns the axis counted from the start; a negative axis counts from the end. */
export function axisOf(axis: number, rank: number): number {
  rule(axis >= -rank && axis < rank, `axis ${axis} must lie within rank ${rank}`)
  return axis < 0 ? axis + rank : axis
}

export const same = (a: Shape, b: Shape): void => rule(sameShape(a, b), `${showShape(a)} must equal ${showShape(b)}`)

/** Shape for ONNX Reshape: at most one symbolic dimension, written as −1. */
export function reshapeTarget(shape: Shape): number[] {
  const symbolic = shape.filter((d) => typeof d !== 'number').length
  if (symbolic > 1) throw new Error(`${showShape(shape)} has more than one symbolic dimension`)
  return shape.map((d) => (typeof d === 'number' ? d : -1))
}
