import { FlatRings } from '../geometry.ts'

const key = Buffer.from('"coordinates"')
const [openBracket, closeBracket, comma, colon, space] = [0x5b, 0x5d, 0x2c, 0x3a, 0x20]
const isSpace = (b: number) => b === space || b === 0x0a || b === 0x0d || b === 0x09

/**
 * Parses the bytes of a GeoJSON feature. The coordinates of polygons become FlatRings: a list of two numbers for each
 * point would cost most of the time and memory of reading a large file. Whatever is not an ordinary polygon is left to
 * JSON.parse, which also throws SyntaxError where the text is not JSON.
 */
export function parseFeature(bytes: Buffer): unknown {
  return fast(bytes) ?? (JSON.parse(bytes.toString('utf8')) as unknown)
}

interface Geometry {
  type?: unknown
  coordinates?: unknown
}

function fast(bytes: Buffer): unknown {
  const rings: FlatRings[] = []
  let text = ''
  let at = 0
  for (;;) {
    const found = bytes.indexOf(key, at)
    if (found < 0) break
    const place = { at: found + key.length }
    while (isSpace(bytes[place.at])) place.at++
    if (bytes[place.at++] !== colon) return undefined
    while (isSpace(bytes[place.at])) place.at++
    const flat = bytes[place.at] === openBracket ? ringsAt(bytes, place) : undefined
    if (!flat || rings.length === 2) return undefined
    text += `${bytes.toString('utf8', at, found)}"coordinates":${rings.length}`
    rings.push(flat)
    at = place.at
  }
  if (rings.length === 0) return undefined
  let feature: unknown
  try {
    feature = JSON.parse(text + bytes.toString('utf8', at))
  } catch {
    return undefined // perhaps a NaN elsewhere, which the caller looks for
  }
  if (typeof feature !== 'object' || feature === null) return undefined
  const { geometry, nucleusGeometry } = feature as { geometry?: Geometry | null; nucleusGeometry?: Geometry | null }
  let placed = 0
  for (const one of [geometry, nucleusGeometry])
    if (one && one.type === 'Polygon' && typeof one.coordinates === 'number') {
      one.coordinates = rings[one.coordinates]
      placed++
    }
  // Coordinates elsewhere, or of another geometry: the numbers put in their place would be wrong.
  return placed === rings.length ? feature : undefined
}

/**
 * Where rings are read to. A ring is a view of it, because an array for each of millions of rings would cost most of the
 * time of reading; a full pool is left to its rings.
 */
let pool = new Float64Array(1 << 16)
let pooled = 0

/** Makes room for one more number of the ring that began at `from`. Returns where the ring begins now. */
function grow(from: number): number {
  if (pooled < pool.length) return from
  const begun = pool.subarray(from)
  pool = new Float64Array(Math.max(1 << 16, 2 * begun.length))
  pool.set(begun)
  pooled = begun.length
  return 0
}

/**
 * Reads the rings of a polygon, [[[x, y], …], …], and moves `place` behind them. Returns undefined for anything else:
 * another depth, something that is no number.
 */
function ringsAt(bytes: Buffer, place: { at: number }): FlatRings | undefined {
  let from = pooled
  let count = 0
  let depth = 0
  let inPoint = 0
  let i = place.at
  for (; i < bytes.length; i++) {
    const b = bytes[i]
    if (b === openBracket) {
      if (++depth > 3) return undefined
      if (depth === 2) count++
      inPoint = 0
    } else if (b === closeBracket) {
      if (depth === 3 && inPoint < 2) return undefined
      if (--depth === 0) break
    } else if (b !== comma && !isSpace(b)) {
      if (depth !== 3) return undefined
      const end = endOfNumber(bytes, i)
      const value = numberAt(bytes, i, end)
      if (Number.isNaN(value)) return undefined
      if (count === 1 && inPoint < 2) {
        from = grow(from)
        pool[pooled++] = value
      }
      inPoint++
      i = end - 1
    }
  }
  if (depth !== 0 || i >= bytes.length) return undefined
  place.at = i + 1
  return new FlatRings(pool.subarray(from, pooled), count)
}

function endOfNumber(bytes: Buffer, from: number): number {
  let i = from
  while (i < bytes.length && bytes[i] !== comma && bytes[i] !== closeBracket && !isSpace(bytes[i])) i++
  return i
}

const tens = Array.from({ length: 16 }, (_, k) => 10 ** k)

/** Returns the number in some bytes, or NaN. Up to 15 digits are exact as a whole number, and so is their quotient. */
function numberAt(bytes: Buffer, from: number, end: number): number {
  let value = 0
  let digits = 0
  let decimals = -1
  let i = from
  const isNegative = bytes[i] === 0x2d
  if (isNegative) i++
  for (; i < end; i++) {
    const d = bytes[i] - 0x30
    if (d >= 0 && d <= 9) {
      value = 10 * value + d
      digits++
      if (decimals >= 0) decimals++
    } else if (d === -2 && decimals < 0 && digits > 0) decimals = 0
    else break
  }
  if (i < end || digits === 0 || digits > 15 || decimals === 0) return otherNumber(bytes.toString('latin1', from, end))
  if (decimals > 0) value /= tens[decimals]
  return isNegative ? -value : value
}

const otherNumber = (text: string): number => (/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text) ? Number(text) : NaN)
