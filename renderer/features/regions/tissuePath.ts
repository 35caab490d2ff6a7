import type { TissueOutlines } from '../../../electron/contract/slides/tissue.ts'

const decimals = 1 // of a level-0 pixel: what a border is known to is a hundred times as much

/** The tissue's borders as the data of an SVG path in level-0 pixels. */
export function tissuePath({ xy, lengths }: TissueOutlines): string {
  const parts: string[] = []
  let at = 0
  for (const length of lengths) {
    for (let k = 0; k < length; k++, at += 2)
      parts.push(`${k === 0 ? 'M' : 'L'}${xy[at].toFixed(decimals)} ${xy[at + 1].toFixed(decimals)}`)
    parts.push('Z')
  }
  return parts.join('')
}
