import type { MeasuredNuclei, Mpp, Nuclei } from '../../contract/index.ts'
import { centroidAndArea } from '../../../models/geometry/polygon.ts'

/** Measures the outlines of nuclei. Half a second for a million of 20 points. */
export function measureNuclei(nuclei: Nuclei, mpp: Pick<Mpp, 'x' | 'y'> | null): MeasuredNuclei {
  const { count, outline, outlineStart } = nuclei
  const { x: sx, y: sy } = mpp ?? { x: 1, y: 1 }
  const area = new Float32Array(count)
  const roundness = new Float32Array(count)
  for (let i = 0; i < count; i++) {
    const [from, to] = [outlineStart[i], outlineStart[i + 1]]
    area[i] = to > from ? Math.abs(centroidAndArea(outline, from, to).area) * sx * sy : NaN
    let length = 0
    for (let p = from, q = to - 1; p < to; q = p, p++)
      length += Math.hypot((outline[2 * p] - outline[2 * q]) * sx, (outline[2 * p + 1] - outline[2 * q + 1]) * sy)
    roundness[i] = length > 0 ? (4 * Math.PI * area[i]) / length ** 2 : NaN
  }
  return { area, roundness }
}
