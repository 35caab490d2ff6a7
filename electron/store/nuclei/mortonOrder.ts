import type { Nuclei } from '../../contract/index.ts'

/** Largest number of nuclei in a stored chunk. */
export const chunkSize = 65_536

/** Returns the positions of nuclei in an order that keeps neighbours together (Morton order of the box centres). */
export function mortonOrder({ count, box }: Nuclei): Uint32Array {
  const centre = (i: number, axis: 0 | 1) => (box[4 * i + axis] + box[4 * i + axis + 2]) / 2
  let extent = 1
  for (let i = 0; i < count; i++) extent = Math.max(extent, centre(i, 0), centre(i, 1))
  // 15 bits per axis keep the key within 30 bits. A finer order inside a chunk would gain nothing.
  const scale = 0x7fff / extent
  const key = new Uint32Array(count)
  for (let i = 0; i < count; i++)
    key[i] = spread(Math.max(0, centre(i, 0) * scale)) | (spread(Math.max(0, centre(i, 1) * scale)) << 1)
  return Uint32Array.from(key.keys()).sort((a, b) => key[a] - key[b] || a - b)
}

/** Returns the low 16 bits of n, each followed by a zero bit. */
function spread(n: number): number {
  let v = n & 0xffff
  v = (v | (v << 8)) & 0x00ff00ff
  v = (v | (v << 4)) & 0x0f0f0f0f
  v = (v | (v << 2)) & 0x33333333
  return (v | (v << 1)) & 0x55555555
}
