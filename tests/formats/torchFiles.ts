import { zipSync } from 'fflate'
import { fileURLToPath } from 'node:url'

/** Returns the path of a checkpoint that PyTorch wrote. torchFiles/make.py made them. */
export const torchFile = (name: string): string => fileURLToPath(new URL(`torchFiles/${name}`, import.meta.url))

const latin = (text: string): number[] => [...Buffer.from(text, 'latin1')]
const text = (value: string): number[] => [0x58, value.length, 0, 0, 0, ...latin(value)]
const number = (value: number): number[] => [0x4a, ...new Uint8Array(Int32Array.of(value).buffer)]
const tuple = (...items: number[][]): number[] => [0x28, ...items.flat(), 0x74]
export const global = (module: string, name: string): number[] => [0x63, ...latin(`${module}\n${name}\n`)]
export const call = (callee: number[], ...args: number[][]): number[] => [...callee, ...tuple(...args), 0x52]
export const pickled = (value: number[]): Uint8Array => Uint8Array.from([0x80, 2, ...value, 0x2e])
export const textValue = text

/** Returns {"w": tensor} as torch pickles it. The sizes may be wrong. */
export function stateDict(claim: {
  shape: number[]
  strides: number[]
  offset?: number
  elements: number
  copies?: number
}): number[] {
  const storage = tuple(
    text('storage'),
    global('torch', 'FloatStorage'),
    text('0'),
    text('cpu'),
    number(claim.elements),
  )
  const tensor = call(
    global('torch._utils', '_rebuild_tensor_v2'),
    [...storage, 0x51],
    number(claim.offset ?? 0),
    tuple(...claim.shape.map(number)),
    tuple(...claim.strides.map(number)),
    [0x89],
    call(global('collections', 'OrderedDict')),
  )
  const entries = Array.from({ length: claim.copies ?? 1 }, (_, i) => [...text(`w${i || ''}`), ...tensor])
  return [0x7d, 0x28, ...entries.flat(), 0x75]
}

/** Returns a checkpoint archive with the pickle and one storage of `numbers` zeros. */
export const archive = (pickle: Uint8Array, numbers = 6): Buffer =>
  Buffer.from(zipSync({ 'x/data.pkl': pickle, 'x/data/0': new Uint8Array(4 * numbers) }, { level: 0 }))

/** Returns the archive with its directory in zip64's form, which torch writes for files beyond 4 GB. */
export function asZip64(zip: Buffer): Buffer {
  const tail = Buffer.from(zip.subarray(-22))
  const start = tail.readUInt32LE(16)
  const end = start + tail.readUInt32LE(12)
  const entries: Buffer[] = []
  for (let at = start; at < end;) {
    const [name, extra, comment] = [28, 30, 32].map((field) => zip.readUInt16LE(at + field))
    const head = Buffer.from(zip.subarray(at, at + 46 + name))
    const wide = Buffer.alloc(28)
    wide.writeUInt16LE(1, 0)
    wide.writeUInt16LE(24, 2)
    ;[24, 20, 42].forEach((field, i) => {
      wide.writeBigUInt64LE(BigInt(head.readUInt32LE(field)), 4 + 8 * i)
      head.writeUInt32LE(0xffffffff, field)
    })
    head.writeUInt16LE(28, 30)
    head.writeUInt16LE(0, 32)
    entries.push(head, wide)
    at += 46 + name + extra + comment
  }
  const directory = Buffer.concat(entries)
  const end64 = Buffer.alloc(56)
  end64.writeUInt32LE(0x06064b50, 0)
  end64.writeBigUInt64LE(BigInt(directory.length), 40)
  end64.writeBigUInt64LE(BigInt(start), 48)
  const locator = Buffer.alloc(20)
  locator.writeUInt32LE(0x07064b50, 0)
  locator.writeBigUInt64LE(BigInt(start + directory.length), 8)
  tail.writeUInt32LE(0xffffffff, 12)
  tail.writeUInt32LE(0xffffffff, 16)
  return Buffer.concat([zip.subarray(0, start), directory, end64, locator, tail])
}
