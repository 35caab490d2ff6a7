import { FailureError, message, unwrap } from '../../contract/index.ts'
import { Graph } from '../../../models/graph/graph.ts'
import { gridOf, type NucleusVitConfig } from '../../../models/nucleusVit/config.ts'
import { classHead, nucleusVit, nucleusVitInputs } from '../../../models/nucleusVit/network.ts'
import { openSlide } from '../../slides/index.ts'
import { levelZeroBoxes, readCrops } from '../encode/cropReader.ts'
import { loadModel, probabilitiesOf, weightFeeds } from '../encode/encoder.ts'
import type { Handler } from '../handler.ts'
import { engineSession } from '../runtime/providers.ts'
import type { GraphSession } from '../runtime/session.ts'

/** Added to the scores of tokens that are taken away: their weights become 0 in float32. */
const gone = -1e9

/** Sessions whose attention takes a mask. onnxruntime's fused kernel, which classification uses, takes none. */
const sessions = new Map<string, Promise<GraphSession>>()
function maskedSession(config: NucleusVitConfig, classes: number): Promise<GraphSession> {
  const key = JSON.stringify([config, classes])
  let session = sessions.get(key)
  if (!session) {
    const graph = new Graph()
    const visible = graph.input('visible', [1, 1, 1, `N+${1 + gridOf(config) ** 2}`])
    const { nuclei } = nucleusVit(config, nucleusVitInputs(graph, config), { visible })
    sessions.set(key, (session = engineSession(graph, { logits: classHead(nuclei, classes) })))
  }
  return session
}

/**
 * Classifies one nucleus with its surroundings, as `classify` does, and without them. Without them, every patch of the
 * crop that the nucleus's box does not touch, and every other nucleus, is removed from attention in all blocks: what
 * stays is [CLS], the patches that the box touches, and the nucleus itself. The last layer reads the nucleus's token.
 *
 * Not removed: the nucleus's box and its place in the crop; the tissue in the patches that the box touches; what RoIAlign
 * reads at their borders; and, with a convolutional stem, what its convolutions see around them before attention begins.
 * Pixels are left as they are, because no model has learned from blotted ones. With the pixels of all other patches in
 * their mean colour, or white, the built-in model called nearly every nucleus "miscellaneous": of 88 nuclei of CoNSeP's
 * tiles 3, 19 and 26 it had 80 % right with surroundings, 26 and 20 % with blotted pixels, and 78 % as it is done here.
 */
export const surroundings: Handler<'surroundings'> = async ({ model, slide, mpp, nuclei, nucleus }, context) => {
  if (!(Number.isInteger(nucleus) && nucleus >= 0 && nucleus < nuclei.count))
    throw new FailureError('not-found', message('noNucleusAt', { nucleus, of: nuclei.count }))
  const network = await loadModel(model)
  const { config, classes } = network
  if (classes.length === 0) throw new FailureError('invalid-input', message('modelNeedsClasses', { model }))
  const reader = unwrap(await openSlide(slide, { mpp }))
  try {
    const scale = { slideMpp: mpp, modelMpp: network.mpp }
    const boxes = levelZeroBoxes(nuclei)
    for await (const { crop, feeds } of readCrops(reader, boxes, config, scale, { wanted: new Set([nucleus]) })) {
      await context.breathe()
      const session = await maskedSession(config, classes.length)
      const weights = weightFeeds(network.layout, network.values, session.parameters)
      const own = crop.members.indexOf(nucleus)
      const probabilities = async (visible: Float32Array) => {
        const { logits } = await session.run({ ...weights, ...feeds, visible })
        const row = (logits.data as Float32Array).slice(own * classes.length, (own + 1) * classes.length)
        return probabilitiesOf(network, row)
      }
      const perPixel = config.imageSize / crop.size
      const corner = [crop.x, crop.y]
      const box = Array.from({ length: 4 }, (_, j) => (boxes[4 * nucleus + j] - corner[j % 2]) * perPixel)
      const tokens = 1 + gridOf(config) ** 2 + crop.members.length
      const together = await probabilities(new Float32Array(tokens))
      const visible = new Float32Array(tokens).fill(gone)
      visible[0] = visible[tokens - crop.members.length + own] = 0
      for (const patch of patchesUnder(config, box)) visible[1 + patch] = 0
      const alone = await probabilities(visible)
      return { classes: [...classes], together, alone }
    }
  } finally {
    await reader.close()
  }
  throw new Error('Every nucleus is owned by a crop.')
}

/** Returns the numbers of the patches that a box (crop pixels) touches, row by row. */
function patchesUnder(config: NucleusVitConfig, [x0, y0, x1, y1]: readonly number[]): number[] {
  const grid = gridOf(config)
  const cell = (v: number) => Math.min(grid - 1, Math.max(0, Math.floor(v / config.patchSize)))
  const last = (from: number, to: number) => Math.max(cell(from), cell(Math.ceil(to) - 1))
  const patches: number[] = []
  for (let row = cell(y0); row <= last(y0, y1); row++)
    for (let column = cell(x0); column <= last(x0, x1); column++) patches.push(row * grid + column)
  return patches
}
