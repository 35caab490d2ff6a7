import { basename } from 'node:path'
import { FailureError, message } from '../../contract/index.ts'
import { textBytes } from './fileBytes.ts'

/** Returns the failure for a file whose JSON is cut short or invalid. */
export function invalidJson(path: string, byte: number | null): FailureError {
  return new FailureError('unreadable', message('jsonDamaged', { file: basename(path), byte }))
}

export interface JsonPart {
  /** The pattern that the value matched, such as '$.nuc.*'; '$end' after each whole value of the file. */
  readonly at: string
  /** The parsed value; of '$end' 'list', 'object' or 'other'. */
  readonly value: unknown
  /** Name or index of the value in its parent; of '$end' the number of whole values so far. */
  readonly key: string | number
}

/**
 * Yields the values at `paths` of a JSON file, plain or gzip, in UTF-8 or UTF-16. They come in batches as they are read,
 * so that memory holds only one batch. A path is '$' (the whole value), '$.name', '$.*' (every member of an
 * object), '$[]' (every element of a list), '$.name.*', '$.name[]' and so on.
 *
 * The file may hold several values one after the other: one on each line (NDJSON, GeoJSONSeq), or each after an RS
 * character (RFC 8142). NaN and ±Infinity, which Python and QuPath write, are read as null.
 *
 * Only the outer structure is followed byte by byte; each wanted value is parsed as a whole by JSON.parse. That is
 * several times as fast as a parser that makes every number an event.
 *
 * @param parse parses a value in place of JSON.parse; it throws SyntaxError where that does
 * @throws FailureError empty, unreadable (not JSON), or as the system says
 */
export async function* jsonParts(
  path: string,
  paths: readonly string[],
  parse?: (bytes: Buffer) => unknown,
): AsyncGenerator<JsonPart[]> {
  const splitter = new JsonSplitter(paths, parse)
  for await (const bytes of textBytes(path)) {
    attemptJson(path, () => splitter.take(bytes))
    if (splitter.found.length > 0) yield splitter.found.splice(0)
  }
  if (!splitter.sawAnything) throw new FailureError('empty', message('fileEmpty', { file: basename(path) }))
  if (!attemptJson(path, () => splitter.end())) throw invalidJson(path, splitter.position)
  if (splitter.found.length > 0) yield splitter.found.splice(0)
}

function attemptJson<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw error instanceof NotJson ? invalidJson(path, error.byte) : error
  }
}

class NotJson extends Error {
  readonly byte: number
  constructor(byte: number) {
    super('not JSON')
    this.byte = byte
  }
}

const quote = 0x22
const backslash = 0x5c
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d]
const [comma, colon, recordSeparator] = [0x2c, 0x3a, 0x1e]
/** A value is parsed as one text, and no text is longer than V8 allows. */
const mostBytes = 500_000_000

const isSpace = (b: number) => b === 0x20 || b === 0x0a || b === 0x0d || b === 0x09

/** A container that is followed member by member. */
interface Frame {
  readonly isArray: boolean
  /** Path of the container. */
  readonly path: string
  /** Name or index of the member being read. */
  key: string | number
  /** What must come next. */
  next: 'key' | 'keyOrEnd' | 'colon' | 'value' | 'valueOrEnd' | 'commaOrEnd'
}

/** Follows the structure of JSON text that comes in pieces, and parses the values at some paths. */
export class JsonSplitter {
  readonly found: JsonPart[] = []
  sawAnything = false
  /** Number of bytes read. */
  position = 0
  readonly #wanted: ReadonlySet<string>
  readonly #frames: Frame[] = []
  #roots = 0
  #root: 'list' | 'object' | 'other' = 'other'
  /** The value that is being passed over or collected: a container, a text, or a bare word such as a number. */
  #kind: 'none' | 'container' | 'text' | 'word' = 'none'
  #depth = 0
  #inText = false
  #escaped = false
  /** Pattern of the value if it is wanted, or 'key' for a member's name. */
  #pattern: string | undefined
  #pieces: Buffer[] = []
  #collected = 0

  readonly #parseBytes: (bytes: Buffer) => unknown

  constructor(
    paths: readonly string[],
    parse = (bytes: Buffer): unknown => JSON.parse(bytes.toString('utf8')) as unknown,
  ) {
    this.#wanted = new Set(paths)
    this.#parseBytes = parse
  }

  take(bytes: Buffer): void {
    let i = 0
    while (i < bytes.length) i = this.#kind === 'none' ? this.#step(bytes, i) : this.#pass(bytes, i)
    this.position += bytes.length
  }

  /** Call this after the last piece. Returns whether the text is complete. */
  end(): boolean {
    if (this.#kind === 'word' && this.#frames.length === 0) this.#finish(Buffer.alloc(0))
    return this.#kind === 'none' && this.#frames.length === 0 && this.#roots > 0
  }

  /** Reads one byte of the outer structure. Returns the index of the next byte. */
  #step(bytes: Buffer, i: number): number {
    const b = bytes[i]
    if (isSpace(b)) return i + 1
    const frame = this.#frames.at(-1)
    if (!frame) {
      if (b === recordSeparator) return i + 1
      this.sawAnything = true
      this.#root = b === openBracket ? 'list' : b === openBrace ? 'object' : 'other'
      return this.#begin(bytes, i, '$', undefined)
    }
    switch (frame.next) {
      case 'keyOrEnd':
      case 'key':
        if (frame.next === 'keyOrEnd' && b === closeBrace) return this.#close(i)
        if (b !== quote) throw new NotJson(this.position + i)
        this.#start('text', 'key')
        return i
      case 'colon':
        if (b !== colon) throw new NotJson(this.position + i)
        frame.next = 'value'
        return i + 1
      case 'commaOrEnd':
        if (b === (frame.isArray ? closeBracket : closeBrace)) return this.#close(i)
        if (b !== comma) throw new NotJson(this.position + i)
        if (frame.isArray) frame.key = (frame.key as number) + 1
        frame.next = frame.isArray ? 'value' : 'key'
        return i + 1
      case 'valueOrEnd':
      case 'value':
        if (frame.next === 'valueOrEnd' && b === closeBracket) return this.#close(i)
        if (frame.isArray) return this.#begin(bytes, i, `${frame.path}[]`, undefined)
        return this.#begin(bytes, i, `${frame.path}.${frame.key}`, `${frame.path}.*`)
    }
  }

  /** Begins a value at byte i. Returns the index of the next byte. */
  #begin(bytes: Buffer, i: number, named: string, any: string | undefined): number {
    const b = bytes[i]
    const pattern = this.#wanted.has(named) ? named : any !== undefined && this.#wanted.has(any) ? any : undefined
    const isContainer = b === openBrace || b === openBracket
    if (pattern === undefined && isContainer) {
      // The path under which the members of this container are wanted, if they are.
      const path = [named, any].find((p) => p !== undefined && this.#hasWantedWithin(p))
      if (path !== undefined) {
        const isArray = b === openBracket
        this.#frames.push({ isArray, path, key: 0, next: isArray ? 'valueOrEnd' : 'keyOrEnd' })
        return i + 1
      }
    }
    if (!isContainer && b !== quote && !isWordByte(b)) throw new NotJson(this.position + i)
    this.#start(isContainer ? 'container' : b === quote ? 'text' : 'word', pattern)
    return i
  }

  #hasWantedWithin(path: string): boolean {
    for (const pattern of this.#wanted)
      if (pattern.startsWith(`${path}.`) || pattern.startsWith(`${path}[`)) return true
    return false
  }

  #start(kind: 'container' | 'text' | 'word', pattern: string | undefined): void {
    this.#kind = kind
    this.#pattern = pattern
    this.#depth = 0
    this.#inText = false
    this.#escaped = false
    this.#collected = 0
  }

  /** Passes over the bytes of the current value. Returns the index of the first byte after it, or the end. */
  #pass(bytes: Buffer, from: number): number {
    const end = this.#kind === 'word' ? endOfWord(bytes, from) : this.#endOfValue(bytes, from)
    if (end < 0) {
      if (this.#pattern !== undefined || this.#root === 'other') {
        this.#collected += bytes.length - from
        if (this.#collected > mostBytes) throw new NotJson(this.position + from)
        this.#pieces.push(Buffer.from(bytes.subarray(from)))
      }
      return bytes.length
    }
    this.#finish(bytes.subarray(from, end))
    return end
  }

  /** Returns the index after the container or text that is being read, or −1 if it does not end in these bytes. */
  #endOfValue(bytes: Buffer, from: number): number {
    const length = bytes.length
    let depth = this.#depth
    let i = from
    if (this.#inText) {
      i = this.#endOfText(bytes, i)
      if (i < 0) return -1
      if (depth === 0) return i
    }
    for (; i < length; i++) {
      const b = bytes[i]
      if (b === openBracket || b === openBrace) depth++
      else if (b === closeBracket || b === closeBrace) {
        if (--depth === 0) return i + 1
      } else if (b === quote) {
        this.#inText = true
        i = this.#endOfText(bytes, i + 1)
        if (i < 0) {
          this.#depth = depth
          return -1
        }
        if (depth === 0) return i
        i--
      }
    }
    this.#depth = depth
    return -1
  }

  /** Returns the index after the closing quote, or −1 if it does not stand in these bytes. */
  #endOfText(bytes: Buffer, from: number): number {
    let i = from
    if (this.#escaped && i < bytes.length) {
      this.#escaped = false
      i++
    }
    for (; i < bytes.length; i++) {
      const b = bytes[i]
      if (b === quote) {
        this.#inText = false
        return i + 1
      }
      if (b === backslash) {
        if (i + 1 === bytes.length) {
          this.#escaped = true
          return -1
        }
        i++
      }
    }
    return -1
  }

  /** Ends the current value, of which `last` are the last bytes. */
  #finish(last: Buffer): void {
    const pattern = this.#pattern
    const frame = this.#frames.at(-1)
    this.#kind = 'none'
    // Of values that nobody wants, only a whole file of one word is looked at: it may be text of another kind.
    if (pattern === undefined && (frame || this.#root !== 'other')) return this.#valueEnded(frame)
    const bytes = this.#pieces.length > 0 ? Buffer.concat([...this.#pieces, last]) : last
    this.#pieces = []
    const value = this.#parse(bytes)
    if (pattern === 'key') {
      frame!.key = String(value)
      frame!.next = 'colon'
      return
    }
    if (pattern !== undefined) this.found.push({ at: pattern, value, key: frame?.key ?? this.#roots })
    this.#valueEnded(frame)
  }

  #parse(bytes: Buffer): unknown {
    try {
      return this.#parseBytes(bytes)
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      const text = bytes.toString('utf8').replace(wordOrText, (part) => (part.startsWith('"') ? part : 'null'))
      try {
        return JSON.parse(text)
      } catch {
        throw new NotJson(this.position)
      }
    }
  }

  #valueEnded(frame: Frame | undefined): void {
    if (frame) frame.next = 'commaOrEnd'
    else this.found.push({ at: '$end', value: this.#root, key: ++this.#roots })
  }

  #close(i: number): number {
    this.#frames.pop()
    this.#valueEnded(this.#frames.at(-1))
    return i + 1
  }
}

/** Matches texts, to leave them as they are, and the words that JSON does not have. */
const wordOrText = /"(?:[^"\\]|\\[^])*"|-?\bInfinity\b|\bNaN\b/g

/** Returns whether a byte may belong to a number or to a word such as null. */
const isWordByte = (b: number) =>
  (b >= 0x61 && b <= 0x7a) ||
  (b >= 0x41 && b <= 0x5a) ||
  (b >= 0x30 && b <= 0x39) ||
  b === 0x2d ||
  b === 0x2b ||
  b === 0x2e

function endOfWord(bytes: Buffer, from: number): number {
  for (let i = from; i < bytes.length; i++) if (!isWordByte(bytes[i])) return i
  return -1
}
