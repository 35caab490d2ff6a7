/**
 * The part of protobuf's wire format that ONNX models need: varints, length-delimited fields and 32-bit floats. (The
 * onnx-proto package is large and stops at ONNX 1.10, onnx-buf is slower, and writing takes only these few lines.)
 */
export class ProtoWriter {
  private readonly parts: Uint8Array[] = []
  private length = 0

  private push(bytes: Uint8Array): void {
    this.parts.push(bytes)
    this.length += bytes.length
  }

  private varint(value: number | bigint): void {
    const bytes: number[] = []
    let rest = BigInt.asUintN(64, BigInt(value)) // negative numbers take ten bytes, as the format demands
    do {
      const low = Number(rest & 0x7fn)
      rest >>= 7n
      bytes.push(rest > 0n ? low | 0x80 : low)
    } while (rest > 0n)
    this.push(Uint8Array.from(bytes))
  }

  int(field: number, value: number | bigint): this {
    this.varint(field << 3)
    this.varint(value)
    return this
  }

  float(field: number, value: number): this {
    this.varint((field << 3) | 5)
    const bytes = new Uint8Array(4)
    new DataView(bytes.buffer).setFloat32(0, value, true)
    this.push(bytes)
    return this
  }

  bytes(field: number, value: Uint8Array): this {
    this.varint((field << 3) | 2)
    this.varint(value.length)
    this.push(value)
    return this
  }

  string(field: number, value: string): this {
    return this.bytes(field, utf8(value))
  }

  message(field: number, build: (writer: ProtoWriter) => void): this {
    const inner = new ProtoWriter()
    build(inner)
    return this.bytes(field, inner.finish())
  }

  finish(): Uint8Array<ArrayBuffer> {
    const all = new Uint8Array(this.length)
    let at = 0
    for (const part of this.parts) {
      all.set(part, at)
      at += part.length
    }
    return all
  }
}

/** Encodes UTF-8 without TextEncoder, which belongs to the platform and not to ECMAScript. */
function utf8(text: string): Uint8Array {
  const escaped = encodeURIComponent(text)
  const bytes: number[] = []
  for (let i = 0; i < escaped.length; i++) {
    if (escaped[i] === '%') {
      bytes.push(parseInt(escaped.slice(i + 1, i + 3), 16))
      i += 2
    } else bytes.push(escaped.charCodeAt(i))
  }
  return Uint8Array.from(bytes)
}
