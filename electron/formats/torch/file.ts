import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { FailureError, message, systemFailure, type Message } from '../../contract/index.ts'

/** A checkpoint file that is read by position, so that large files need little memory. No read goes past its end. */
export class TorchFile {
  readonly path: string
  readonly size: number
  private readonly descriptor: number

  /** Opens the file. Throws FailureError if the system refuses or `path` is a folder. */
  constructor(path: string) {
    this.path = path
    try {
      this.descriptor = openSync(path, 'r')
      this.size = fstatSync(this.descriptor).size
      readSync(this.descriptor, new Uint8Array(1), 0, 1, 0) // a folder can be opened, but not read
    } catch (error) {
      const failure = systemFailure(error, { do: 'readFile', path })
      if (failure) throw FailureError.of(failure)
      throw error
    }
  }

  /** Throws FailureError 'unreadable': the file is damaged. `why` completes the sentence "…, but …". */
  failDamaged(why: Message): never {
    throw new FailureError('unreadable', message('torchDamaged', { path: this.path, why }))
  }

  /** Reads `length` bytes into a new buffer. Throws FailureError 'unreadable' if the file has fewer. */
  read(position: number, length: number): Uint8Array<ArrayBuffer> {
    if (!(position >= 0 && length >= 0 && position + length <= this.size)) this.failDamaged(message('cutShort'))
    const bytes = new Uint8Array(length)
    for (let done = 0; done < length;) {
      const count = readSync(this.descriptor, bytes, done, Math.min(length - done, 1 << 28), position + done)
      if (count === 0) this.failDamaged(message('itEnded'))
      done += count
    }
    return bytes
  }

  close(): void {
    closeSync(this.descriptor)
  }
}

const windowLength = 1 << 16
const maxLineLength = 1024

/** Reads a file forward from `position`. Throws FailureError 'unreadable' at `end`. */
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
    if (this.position + length > this.end) this.file.failDamaged(message('cutShort'))
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

  /** Reads an unsigned little-endian number of 1 to 8 bytes. */
  unsigned(bytes: number): number {
    const taken = this.take(bytes)
    let value = 0
    for (let i = bytes - 1; i >= 0; i--) value = value * 256 + taken[i]
    if (!Number.isSafeInteger(value)) this.file.failDamaged(message('sizeImpossible'))
    return value
  }

  text(length: number): string {
    return new TextDecoder().decode(this.take(length))
  }

  /** Reads up to the next line feed and leaves that out. */
  line(): string {
    const bytes: number[] = []
    for (let b = this.byte(); b !== 0x0a; b = this.byte()) {
      if (bytes.length === maxLineLength) this.file.failDamaged(message('nameTooLong'))
      bytes.push(b)
    }
    return new TextDecoder().decode(Uint8Array.from(bytes))
  }
}
