/**
 * Factor of the learning rate under layer-wise decay (BEiT): embeddings are layer 0, block ℓ is ℓ + 1, final norm and
 * heads the top.
 * @param layers number of blocks
 */
export function layerRate(name: string, layers: number, decay: number): number {
  const block = /^blocks\.(\d+)\./.exec(name)
  const depth = block ? Number(block[1]) + 1 : /^(norm|head)\./.test(name) ? layers + 1 : 0
  return decay ** (layers + 1 - depth)
}
