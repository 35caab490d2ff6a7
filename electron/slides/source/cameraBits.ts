/** Returns the bits of the camera whose samples, stored in 16 bits, reach `largest`: 8, 10, 12, 14 or 16. */
export const cameraBitsOf = (largest: number): number =>
  largest === 0 ? 16 : ([8, 10, 12, 14].find((bits) => largest < 2 ** bits) ?? 16)
