const chunkBytes = 1 << 18
/** No number written by `points` is longer. */
const longestNumber = 24

/** Collects text in a buffer. Numbers are written digit by digit, which is several times as fast as making strings. */
export class TextWriter {
  readonly #bytes = Buffer.alloc(2 * chunkBytes)
  #length = 0
  /** Text that did not fit into the buffer. */
  #before = ''

  /** Returns whether so much text is there that `take` should be called. */
  get isFull(): boolean {
    return this.#length >= chunkBytes || this.#before !== ''
  }

  text(text: string): void {
    if (3 * text.length > this.#bytes.length - this.#length) this.#before += this.#drain()
    if (3 * text.length > this.#bytes.length) this.#before += text
    else this.#length += this.#bytes.write(text, this.#length, 'utf8')
  }

  /** Writes points x, y, … given in hundredths as "[x,y],[x,y]", without trailing zeros: 1250 as 12.5. */
  points(hundredths: ArrayLike<number>): void {
    for (let k = 0; k < hundredths.length; k += 2) {
      if (this.#bytes.length - this.#length < 2 * longestNumber + 4) this.#before += this.#drain()
      if (k > 0) this.#bytes[this.#length++] = comma
      this.#bytes[this.#length++] = openBracket
      this.#length = putHundredths(this.#bytes, this.#length, hundredths[k])
      this.#bytes[this.#length++] = comma
      this.#length = putHundredths(this.#bytes, this.#length, hundredths[k + 1])
      this.#bytes[this.#length++] = closeBracket
    }
  }

  /** Returns what was written and empties the buffer. */
  take(): string {
    const text = this.#before + this.#drain()
    this.#before = ''
    return text
  }

  #drain(): string {
    const text = this.#bytes.toString('utf8', 0, this.#length)
    this.#length = 0
    return text
  }
}

const [comma, openBracket, closeBracket, minus, point, zero] = [0x2c, 0x5b, 0x5d, 0x2d, 0x2e, 0x30]

/** Writes a whole number of hundredths as a decimal number. Returns the index after it. */
function putHundredths(bytes: Buffer, at: number, value: number): number {
  if (!(Math.abs(value) < 1e15)) return at + bytes.write(String(value / 100), at, 'latin1')
  if (value < 0) {
    bytes[at++] = minus
    value = -value
  }
  const whole = Math.floor(value / 100)
  const rest = value - 100 * whole
  let digits = 1
  for (let limit = 10; whole >= limit; limit *= 10) digits++
  at += digits
  for (let left = whole, p = at - 1; digits > 0; digits--, p--) {
    const next = Math.floor(left / 10)
    bytes[p] = zero + left - 10 * next
    left = next
  }
  if (rest === 0) return at
  const tens = Math.floor(rest / 10)
  bytes[at++] = point
  bytes[at++] = zero + tens
  if (rest !== 10 * tens) bytes[at++] = zero + rest - 10 * tens
  return at
}
