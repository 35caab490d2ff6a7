/** Fractional bits of the constants. */
const bits = 13
/** Fractional bits kept between the first and the second pass. */
const passBits = 2
const halfFirst = 1 << (bits - passBits - 1)
const halfSecond = 1 << (bits + passBits + 2)

/**
 * Inverse DCT of a dequantised 8 × 8 block (row by row) into `out` at `at`, centred on 128. Loeffler, Ligtenberg and
 * Moschytz, "Practical fast 1-D DCT algorithms with 11 multiplications" (1989), in integers with the precision of
 * libjpeg's default, so that the pixels are the same. `out` clamps.
 */
export function inverseDct(block: Int32Array, out: Uint8ClampedArray, at: number, stride: number): void {
  for (let i = 0; i < 8; i++) {
    const x1 = block[i + 8]
    const x2 = block[i + 16]
    const x3 = block[i + 24]
    const x4 = block[i + 32]
    const x5 = block[i + 40]
    const x6 = block[i + 48]
    const x7 = block[i + 56]
    if ((x1 | x2 | x3 | x4 | x5 | x6 | x7) === 0) {
      const flat = block[i] << passBits
      for (let k = i; k < 64; k += 8) block[k] = flat
      continue
    }
    const r = Math.imul(x2 + x6, 4433)
    const p = r - Math.imul(x6, 15137)
    const q = r + Math.imul(x2, 6270)
    const sum = ((block[i] + x4) << bits) + halfFirst
    const difference = ((block[i] - x4) << bits) + halfFirst
    const z5 = Math.imul(x7 + x3 + x5 + x1, 9633)
    const z1 = Math.imul(x7 + x1, -7373)
    const z2 = Math.imul(x5 + x3, -20995)
    const z3 = Math.imul(x7 + x3, -16069) + z5
    const z4 = Math.imul(x5 + x1, -3196) + z5
    const o3 = Math.imul(x7, 2446) + z1 + z3
    const o2 = Math.imul(x5, 16819) + z2 + z4
    const o1 = Math.imul(x3, 25172) + z2 + z3
    const o0 = Math.imul(x1, 12299) + z1 + z4
    block[i] = (sum + q + o0) >> (bits - passBits)
    block[i + 56] = (sum + q - o0) >> (bits - passBits)
    block[i + 8] = (difference + p + o1) >> (bits - passBits)
    block[i + 48] = (difference + p - o1) >> (bits - passBits)
    block[i + 16] = (difference - p + o2) >> (bits - passBits)
    block[i + 40] = (difference - p - o2) >> (bits - passBits)
    block[i + 24] = (sum - q + o3) >> (bits - passBits)
    block[i + 32] = (sum - q - o3) >> (bits - passBits)
  }
  const shift = bits + passBits + 3
  for (let i = 0, to = at; i < 64; i += 8, to += stride) {
    const x1 = block[i + 1]
    const x2 = block[i + 2]
    const x3 = block[i + 3]
    const x4 = block[i + 4]
    const x5 = block[i + 5]
    const x6 = block[i + 6]
    const x7 = block[i + 7]
    const r = Math.imul(x2 + x6, 4433)
    const p = r - Math.imul(x6, 15137)
    const q = r + Math.imul(x2, 6270)
    const sum = ((block[i] + x4) << bits) + halfSecond
    const difference = ((block[i] - x4) << bits) + halfSecond
    const z5 = Math.imul(x7 + x3 + x5 + x1, 9633)
    const z1 = Math.imul(x7 + x1, -7373)
    const z2 = Math.imul(x5 + x3, -20995)
    const z3 = Math.imul(x7 + x3, -16069) + z5
    const z4 = Math.imul(x5 + x1, -3196) + z5
    const o3 = Math.imul(x7, 2446) + z1 + z3
    const o2 = Math.imul(x5, 16819) + z2 + z4
    const o1 = Math.imul(x3, 25172) + z2 + z3
    const o0 = Math.imul(x1, 12299) + z1 + z4
    out[to] = 128 + ((sum + q + o0) >> shift)
    out[to + 7] = 128 + ((sum + q - o0) >> shift)
    out[to + 1] = 128 + ((difference + p + o1) >> shift)
    out[to + 6] = 128 + ((difference + p - o1) >> shift)
    out[to + 2] = 128 + ((difference - p + o2) >> shift)
    out[to + 5] = 128 + ((difference - p - o2) >> shift)
    out[to + 3] = 128 + ((sum - q + o3) >> shift)
    out[to + 4] = 128 + ((sum - q - o3) >> shift)
  }
}

/** The same for a block with only a mean. `dc`: its first coefficient. */
export function flatBlock(dc: number, out: Uint8ClampedArray, at: number, stride: number): void {
  const level = 128 + ((dc + 4) >> 3)
  for (let row = 0, to = at; row < 8; row++, to += stride) for (let x = to; x < to + 8; x++) out[x] = level
}
