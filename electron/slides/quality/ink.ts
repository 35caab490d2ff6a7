import { opticalDensity } from '../../../models/tissue/stains.ts'

/** Share of the pixels that count as tissue, 0 … 1, whose colour is that of pens. */
export interface InkShares {
  /** Blue and green: it takes less green than red. Haematoxylin and eosin take more. */
  readonly cool: number
  /** It takes green and blue alike and lets red through. */
  readonly red: number
  /** It takes all colours alike. */
  readonly black: number
}

/**
 * Returns how much of the tissue in an overview is ink, by the ratios of its optical densities. On 36 pictures of H&E of
 * eight sources, cool was below 3 % in all but two, red below 1.5 % in all, and black below 1 % in all but one.
 */
export function inkShares(rgb: Uint8Array, mask: Uint8Array): InkShares {
  let [tissue, cool, red, black] = [0, 0, 0, 0]
  for (let i = 0; i < mask.length; i++) {
    if (!mask[i]) continue
    tissue++
    const r = opticalDensity[rgb[3 * i]]
    const g = opticalDensity[rgb[3 * i + 1]]
    const b = opticalDensity[rgb[3 * i + 2]]
    if (r > 0.2 && g < 0.9 * r) cool++
    else if (g > 0.3 && b > 0.85 * g && r < 0.5 * g) red++
    else if (r > 0.6 && b > 0.85 * Math.max(r, g) && g < 1.15 * r) black++
  }
  return tissue === 0
    ? { cool: 0, red: 0, black: 0 }
    : { cool: cool / tissue, red: red / tissue, black: black / tissue }
}
