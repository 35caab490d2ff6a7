const blockLength = 1 << 16

/** A Float32Array of a length not known beforehand, in blocks: no copies while it grows. */
export class GrowingFloats {
  length = 0
  private readonly blocks: Float32Array[] = []

  push(value: number): void {
    const at = this.length++ % blockLength
    if (at === 0) this.blocks.push(new Float32Array(blockLength))
    this.blocks[this.blocks.length - 1][at] = value
  }

  get(index: number): number {
    return this.blocks[Math.floor(index / blockLength)][index % blockLength]
  }
}
