/** What a dVAE encoder is, apart from its weights. The published one: 256 hidden, 2 blocks per group, 8192 tokens. */
export interface DvaeConfig {
  /** Channels of the first group; the others have 2, 4 and 8 times as many. Divisible by 4. */
  readonly hidden: number
  readonly blocksPerGroup: number
  readonly vocabulary: number
}

export const dvaeGroups = 4
/** DALL-E's n_layers: each block's path is scaled by 1/n². */
export const dvaeLayersPerPath = ({ blocksPerGroup }: DvaeConfig): number => dvaeGroups * blocksPerGroup

/**
 * The configuration that a file's tensors are of, or a sentence saying why they are no dVAE encoder's. Their shapes are
 * checked one by one when the weights are taken.
 * @param shapes by published parameter name
 */
export function dvaeConfigOf(
  shapes: ReadonlyMap<string, { readonly shape: readonly number[] }>,
): { readonly config: DvaeConfig } | { readonly problem: string } {
  const first = shapes.get('blocks.input.w')?.shape
  const last = shapes.get('blocks.output.conv.w')?.shape
  if (!first || !last)
    return { problem: `a dVAE encoder must hold "${first ? 'blocks.output.conv.w' : 'blocks.input.w'}"; it is missing` }
  const [hidden, , rows, columns] = first
  if (first.length !== 4 || first[1] !== 3 || rows !== 7 || columns !== 7 || hidden % 4 !== 0)
    return { problem: `"blocks.input.w" must have shape [4n, 3, 7, 7]; it has [${first.join(', ')}]` }
  if (last.length !== 4 || last[1] !== 8 * hidden)
    return { problem: `"blocks.output.conv.w" must have shape [n, ${8 * hidden}, 1, 1]; it has [${last.join(', ')}]` }
  let blocksPerGroup = 0
  while (shapes.has(`blocks.group_1.block_${blocksPerGroup + 1}.res_path.conv_1.w`)) blocksPerGroup++
  if (blocksPerGroup === 0)
    return { problem: 'a dVAE encoder must hold "blocks.group_1.block_1.res_path.conv_1.w"; it is missing' }
  return { config: { hidden, blocksPerGroup, vocabulary: last[0] } }
}
