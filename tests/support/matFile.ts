import { deflateSync } from 'node:zlib'

export interface MatVariable {
  readonly name: string
  /** [rows, columns] */
  readonly dims: readonly [number, number]
  /** Row by row. */
  readonly data: ArrayLike<number>
  /** How the numbers are stored: double (9), int32 (5), uint16 (4), uint8 (2). */
  readonly stored?: 9 | 5 | 4 | 2
}

/** A MATLAB 5 file of numeric matrices, as MATLAB and scipy.io.savemat(do_compression) write it. */
export function matFileBytes(variables: readonly MatVariable[], { compressed = true, bigEndian = false } = {}): Buffer {
  const header = Buffer.alloc(128, ' ')
  header.write('MATLAB 5.0 MAT-file, test')
  header.fill(0, 116, 124)
  if (bigEndian) {
    header.writeUInt16BE(0x0100, 124)
    header.write('MI', 126)
  } else {
    header.writeUInt16LE(0x0100, 124)
    header.write('IM', 126)
  }
  const u32 = (v: number) => {
    const b = Buffer.alloc(4)
    if (bigEndian) b.writeUInt32BE(v)
    else b.writeUInt32LE(v)
    return b
  }
  const element = (type: number, data: Buffer, pad = true) =>
    Buffer.concat([u32(type), u32(data.length), data, Buffer.alloc(pad ? -data.length & 7 : 0)])
  /** Short data lie within the tag. */
  const small = (type: number, data: Buffer) =>
    Buffer.concat([u32(data.length * 65536 + type), data, Buffer.alloc(4 - data.length)])
  const matrix = ({ name, dims: [rows, columns], data, stored = 9 }: MatVariable) => {
    const bytes = { 9: 8, 5: 4, 4: 2, 2: 1 }[stored]
    const numbers = Buffer.alloc(rows * columns * bytes)
    const view = new DataView(numbers.buffer, numbers.byteOffset, numbers.length)
    for (let j = 0, at = 0; j < columns; j++)
      for (let i = 0; i < rows; i++, at += bytes) {
        const v = data[i * columns + j]
        if (stored === 9) view.setFloat64(at, v, !bigEndian)
        else if (stored === 5) view.setInt32(at, v, !bigEndian)
        else if (stored === 4) view.setUint16(at, v, !bigEndian)
        else view.setUint8(at, v)
      }
    const text = Buffer.from(name, 'latin1')
    const parts = [
      element(6, Buffer.concat([u32(6), u32(0)])),
      element(5, Buffer.concat([u32(rows), u32(columns)])),
      text.length <= 4 ? small(1, text) : element(1, text),
      element(stored, numbers),
    ]
    return element(14, Buffer.concat(parts))
  }
  const body = variables.map(matrix)
  return Buffer.concat([header, ...body.map((m) => (compressed ? element(15, deflateSync(m), false) : m))])
}
