import { Graph } from '../../../models/graph/graph.ts'
import type { Weights } from '../../../models/nn/parameters.ts'
import type { NucleusVitConfig } from '../../../models/nucleusVit/config.ts'
import { maskedImageModel, type PretrainingTargets } from '../../../models/nucleusVit/pretraining.ts'
import { weightFeeds } from '../encode/encoder.ts'
import { engineSession } from '../runtime/providers.ts'
import { stemImage } from '../tokenizer/stemTokenizers.ts'
import type { MaskedCrop } from '../../../models/train/maskedCrop.ts'
import { masksOf, type MaskedCropFeeds } from './maskedFeeds.ts'

/**
 * Returns a function that adds to a crop's feeds what the network, as it is at that time, makes of the nuclei in the
 * crop's second view. It is a fixed target: no gradient flows through it.
 */
export async function otherViews(config: NucleusVitConfig, targets: PretrainingTargets, { layout, values }: Weights) {
  const graph = new Graph()
  const { views } = maskedImageModel(graph, config, targets)
  const session = await engineSession(graph, { views: views! })
  const fed = weightFeeds(layout, values, session.parameters)
  return async (feeds: MaskedCropFeeds, { second }: MaskedCrop): Promise<MaskedCropFeeds> => {
    if (!second) throw new Error('The crop must have a second view.')
    const nuclei = feeds.nucleus_positions.length / config.width
    const seen = { image: stemImage(second.rgb), ...masksOf(second, nuclei) }
    const out = await session.run({ ...fed, ...feeds, ...seen })
    return { ...feeds, other_view: out.views.data as Float32Array }
  }
}
