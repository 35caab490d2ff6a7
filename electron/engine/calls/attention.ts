import { FailureError, message, unwrap } from '../../contract/index.ts'
import { Graph, type Value } from '../../../models/graph/graph.ts'
import { gridOf, type NucleusVitConfig } from '../../../models/nucleusVit/config.ts'
import { nucleusVit, nucleusVitInputs } from '../../../models/nucleusVit/network.ts'
import { attentionRollout } from '../../../models/nucleusVit/rollout.ts'
import { mean } from '../../../models/ops/reduce.ts'
import { openSlide } from '../../slides/index.ts'
import { levelZeroBoxes, readCrops } from '../encode/cropReader.ts'
import type { Handler } from '../handler.ts'
import { weightFeeds } from '../encode/encoder.ts'
import { engineSession } from '../runtime/providers.ts'
import type { GraphSession } from '../runtime/session.ts'
import { encoderNetwork } from '../encode/tokens.ts'

/**
 * Sessions that output attention, created at first use. They are separate because onnxruntime's fused kernel never
 * stores the attention matrix and so cannot be used here.
 */
const sessions = new Map<string, Promise<GraphSession>>()
function attentionSession(config: NucleusVitConfig): Promise<GraphSession> {
  const key = JSON.stringify(config)
  let session = sessions.get(key)
  if (!session) {
    const graph = new Graph()
    const { attentions } = nucleusVit(config, nucleusVitInputs(graph, config))
    const outputs: Record<string, Value> = { last: attentions.at(-1)! }
    attentions.forEach((attention, layer) => (outputs[`mean ${layer}`] = mean(attention, [1])))
    sessions.set(key, (session = engineSession(graph, outputs)))
  }
  return session
}

/** Returns what a nucleus and [CLS] attend to, in the crop from which the nucleus is classified. */
export const attention: Handler<'attention'> = async ({ model, slide, mpp, nuclei, nucleus }, context) => {
  if (!(Number.isInteger(nucleus) && nucleus >= 0 && nucleus < nuclei.count))
    throw new FailureError('not-found', message('noNucleusAt', { nucleus, of: nuclei.count }))
  const network = await encoderNetwork(model, 1)
  const { config } = network
  const reader = unwrap(await openSlide(slide, { mpp }))
  try {
    const scale = { slideMpp: mpp, modelMpp: network.mpp }
    const wanted = new Set([nucleus])
    for await (const { crop, feeds } of readCrops(reader, levelZeroBoxes(nuclei), config, scale, { wanted })) {
      await context.breathe()
      const session = await attentionSession(config)
      const result = await session.run({ ...weightFeeds(network.layout, network.values, session.parameters), ...feeds })
      const grid = gridOf(config)
      const tokens = 1 + grid * grid + crop.members.length
      const queries = [0, 1 + grid * grid + crop.members.indexOf(nucleus)]
      const last = result.last.data as Float32Array
      const means = Array.from({ length: config.layers }, (_, layer) => result[`mean ${layer}`].data as Float32Array)
      const rows = new Float32Array(queries.length * (config.heads + 1) * tokens)
      queries.forEach((query, q) => {
        const to = q * (config.heads + 1)
        for (let h = 0; h < config.heads; h++)
          rows.set(last.subarray((h * tokens + query) * tokens, (h * tokens + query + 1) * tokens), (to + h) * tokens)
        rows.set(attentionRollout(means, tokens, query), (to + config.heads) * tokens)
      })
      const { x, y, size } = crop
      return { crop: { x, y, width: size, height: size }, grid, heads: config.heads, rows }
    }
  } finally {
    await reader.close()
  }
  throw new Error('Every nucleus is owned by a crop.')
}
