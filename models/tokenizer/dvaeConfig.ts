/**
 * The structure of a dVAE encoder, without its weights. The published one has 256 hidden, 2 blocks per group, 8192
 * tokens.
 */
export interface DvaeConfig {
  /** Channels of the first group; the others have 2, 4 and 8 times as many. Divisible by 4. */
  readonly hidden: number
  readonly blocksPerGroup: number
  readonly vocabulary: number
}

export const dvaeGroups = 4
/** DALL-E's n_layers: each block's residual path is scaled by 1/n². */
export const dvaeLayersPerPath = ({ blocksPerGroup }: DvaeConfig): number => dvaeGroups * blocksPerGroup

export type DvaeProblem =
  | { readonly kind: 'missing'; readonly name: string }
  | {
      readonly kind: 'shape'
      readonly name: string
      readonly expected: readonly (number | string)[]
      readonly found: readonly number[]
    }

/**
 * Returns the configuration of a file's tensors, or why they are not those of a dVAE encoder. Each tensor's shape is
 * checked later, when the weights are read.
 * @param shapes by published parameter name
 */
export function dvaeConfigOf(
  shapes: ReadonlyMap<string, { readonly shape: readonly number[] }>,
): { readonly config: DvaeConfig } | { readonly problem: DvaeProblem } {
  const first = shapes.get('blocks.input.w')?.shape
  const last = shapes.get('blocks.output.conv.w')?.shape
  if (!first || !last) return { problem: { kind: 'missing', name: first ? 'blocks.output.conv.w' : 'blocks.input.w' } }
  const [hidden, , rows, columns] = first
  if (first.length !== 4 || first[1] !== 3 || rows !== 7 || columns !== 7 || hidden % 4 !== 0)
    return { problem: { kind: 'shape', name: 'blocks.input.w', expected: ['4n', 3, 7, 7], found: first } }
  if (last.length !== 4 || last[1] !== 8 * hidden)
    return { problem: { kind: 'shape', name: 'blocks.output.conv.w', expected: ['n', 8 * hidden, 1, 1], found: last } }
  let blocksPerGroup = 0
  while (shapes.has(`blocks.group_1.block_${blocksPerGroup + 1}.res_path.conv_1.w`)) blocksPerGroup++
  if (blocksPerGroup === 0) return { problem: { kind: 'missing', name: 'blocks.group_1.block_1.res_path.conv_1.w' } }
  return { config: { hidden, blocksPerGroup, vocabulary: last[0] } }
}
