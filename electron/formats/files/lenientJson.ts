const quote = 0x22
const backslash = 0x5c
const nullBytes = Buffer.from('null')

/** Returns the position after the string that contains `from`, or −1 if it does not end here. */
function endOfString(bytes: Buffer, from: number, escaped: boolean): { end: number; escaped: boolean } {
  for (let i = from; i < bytes.length; i++) {
    if (escaped) escaped = false
    else if (bytes[i] === backslash) escaped = true
    else if (bytes[i] === quote) return { end: i + 1, escaped: false }
  }
  return { end: -1, escaped }
}

const isWordByte = (b: number) => (b >= 0x61 && b <= 0x7a) || (b >= 0x41 && b <= 0x5a) || b === 0x2d

/**
 * Replaces NaN and ±Infinity in JSON by null. QuPath and Python write these bare words for measurements without a
 * value. Text inside strings is left unchanged.
 */
export async function* nullForNaN(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let inString = false
  let escaped = false
  let held: Buffer = Buffer.alloc(0)

  const plain = (part: Buffer): Buffer =>
    part.includes('NaN') || part.includes('Infinity')
      ? Buffer.from(part.toString('latin1').replace(/NaN|-?Infinity/g, nullBytes.toString()), 'latin1')
      : part

  for await (const chunk of chunks) {
    const bytes = held.length ? Buffer.concat([held, chunk]) : chunk
    held = Buffer.alloc(0)
    const parts: Buffer[] = []
    let changed = false
    let at = 0
    while (at < bytes.length) {
      let end: number
      if (inString) {
        const string = endOfString(bytes, at, escaped)
        escaped = string.escaped
        inString = string.end < 0
        end = inString ? bytes.length : string.end
        parts.push(bytes.subarray(at, end))
      } else {
        const opening = bytes.indexOf(quote, at)
        inString = opening >= 0
        end = inString ? opening + 1 : bytes.length
        // A word may continue in the next chunk, so hold its beginning back.
        if (!inString) while (end > at && isWordByte(bytes[end - 1])) end--
        const before = bytes.subarray(at, end)
        const after = plain(before)
        changed ||= after !== before
        parts.push(after)
        if (!inString) {
          held = Buffer.from(bytes.subarray(end))
          break
        }
      }
      at = end
    }
    yield changed || held.length ? Buffer.concat(parts) : bytes
  }
  if (held.length) yield plain(held)
}
