import { message } from '../../contract/index.ts'
import type { SlideFile } from '../source/file.ts'

/** Bytes read at a time. Headers are a few kB to tens of MB of small elements. */
const chunk = 2 ** 16

/** Reads a file's bytes in order, through a buffer. Throws FailureError 'unreadable' for reads outside the file. */
export class ByteReader {
  readonly #file: SlideFile
  #buffer: Buffer = Buffer.alloc(0)
  #start = 0
  at: number

  constructor(file: SlideFile, at: number) {
    this.#file = file
    this.at = at
  }

  get isAtEnd(): boolean {
    return this.at >= this.#file.size
  }

  /** Returns the next `length` bytes. */
  async take(length: number): Promise<Buffer> {
    if (this.at < this.#start || this.at + length > this.#start + this.#buffer.length) {
      const wanted = Math.max(length, Math.min(chunk, this.#file.size - this.at))
      this.#buffer = await this.#file.read(this.at, wanted, message('partHeader'))
      this.#start = this.at
    }
    const bytes = this.#buffer.subarray(this.at - this.#start, this.at - this.#start + length)
    this.at += length
    return bytes
  }
}
