import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { FailureError, message, systemFailure, type Message } from '../../contract/index.ts'

/** A checkpoint file read by position, so that its size costs no memory. Everything is checked against its true end. */
export class TorchFile {
  readonly path: string
  readonly size: number
  private readonly descriptor: number

  /** @throws FailureError where the system refuses to open it, or where it is no file */
  constructor(path: string) {
    this.path = path
    try {
      this.descriptor = openSync(path, 'r')
      this.size = fstatSync(this.descriptor).size
      readSync(this.descriptor, new Uint8Array(1), 0, 1, 0) // a folder opens, and refuses here
    } catch (error) {
      const failure = systemFailure(error, { do: 'readFile', path })
      if (failure) throw FailureError.of(failure)
      throw error
    }
  }

  /** Says what is wrong with the file. `why` is what follows "…, but". */
  damaged(why: Message): never {
    throw new FailureError('unreadable', message('torchDamaged', { path: this.path, why }))
  }

  /** Exactly these bytes, in a buffer of their own. */
  read(position: number, length: number): Uint8Array<ArrayBuffer> {
    if (!(position >= 0 && length >= 0 && position + length <= this.size)) this.damaged(message('cutShort'))
    const bytes = new Uint8Array(length)
    for (let done = 0; done < length;) {
      const count = readSync(this.descriptor, bytes, done, Math.min(length - done, 1 << 28), position + done)
      if (count === 0) this.damaged(message('itEnded'))
      done += count
    }
    return bytes
  }

  close(): void {
    closeSync(this.descriptor)
  }
}

const windowLength = 1 << 16
const longestLine = 1024

/** Reads a file forward from `position`, never past `end`. */
export class Cursor {
  position: number
  readonly file: TorchFile
  private readonly end: number
  private window = new Uint8Array(0)
  private windowStart = 0

  constructor(file: TorchFile, position: number, end: number) {
    this.file = file
    this.position = position
    this.end = end
  }

  take(length: number): Uint8Array {
    if (this.position + length > this.end) this.file.damaged(message('cutShort'))
    if (length > windowLength) {
      const bytes = this.file.read(this.position, length)
      this.position += length
      return bytes
    }
    let at = this.position - this.windowStart
    if (at < 0 || at + length > this.window.length) {
      this.window = this.file.read(this.position, Math.min(windowLength, this.end - this.position))
      this.windowStart = this.position
      at = 0
    }
    this.position += length
    return this.window.subarray(at, at + length)
  }

  byte(): number {
    return this.take(1)[0]
  }

  /** Unsigned little-endian number of 1 to 8 bytes. */
  unsigned(bytes: number): number {
    const taken = this.take(bytes)
    let value = 0
    for (let i = bytes - 1; i >= 0; i--) value = value * 256 + taken[i]
    if (!Number.isSafeInteger(value)) this.file.damaged(message('sizeImpossible'))
    return value
  }

  text(length: number): string {
    return new TextDecoder().decode(this.take(length))
  }

  /** Up to the next line feed, without it. */
  line(): string {
    const bytes: number[] = []
    for (let b = this.byte(); b !== 0x0a; b = this.byte()) {
      if (bytes.length === longestLine) this.file.damaged(message('nameTooLong'))
      bytes.push(b)
    }
    return new TextDecoder().decode(Uint8Array.from(bytes))
  }
}
