import { gradients } from '../../../models/autodiff.ts'
import { addDims } from '../../../models/graph/dim.ts'
import { Graph, type Value } from '../../../models/graph/graph.ts'
import { weightsOf } from '../../../models/nn/parameters.ts'
import { gridOf, type NucleusVitConfig } from '../../../models/nucleusVit/config.ts'
import { block, embedding, finalTokens, nucleusVitInputs } from '../../../models/nucleusVit/network.ts'
import { addInto, denseOf, gradientOf, numbersOf, trainedOf, trainingLoss } from './gradientPass.ts'
import type { GradientPass, PassOptions, TrainingFeeds } from './gradientPass.ts'
import { engineSession } from '../runtime/providers.ts'
import { graphSession, type GraphSession, type Numbers } from '../runtime/session.ts'
import type { Method } from './trainable.ts'

/**
 * A part of the network with its own backward pass. All blocks share one Part, with the first block's parameter names.
 */
interface Part {
  /** Computes the output of the part. Absent for the top part, whose output is the loss. */
  readonly forward?: GraphSession
  /**
   * Recomputes the part and returns ∂loss/∂x as `grad x` and the gradient of each trained parameter as `out <name>`.
   * Absent if there is nothing to compute.
   */
  readonly backward?: GraphSession
  readonly trained: readonly string[]
}
interface Parts {
  readonly bottom: Part
  readonly block: Part
  readonly top: Part
}
/**
 * Makes a session that frees its memory after each run. Only the blocks' backward session keeps its memory; that of the
 * other sessions would add to it.
 */
const thrifty: typeof graphSession = (graph, outputs, options) =>
  graphSession(graph, outputs, { ...options, arena: false })

const kept = new Map<string, Promise<Parts>>()

function partsOf(config: NucleusVitConfig, classes: number, method: Method): Promise<Parts> {
  const key = JSON.stringify([config, classes, method])
  let made = kept.get(key)
  if (!made) {
    made = makeParts(config, classes, method)
    kept.set(key, made)
  }
  return made
}

async function makeParts(config: NucleusVitConfig, classes: number, method: Method): Promise<Parts> {
  const shape = [addDims('N', 1 + gridOf(config) ** 2), config.width]
  const part = async (state: (graph: Graph) => { x?: Value; y: Value }, isLoss = false): Promise<Part> => {
    const graph = new Graph()
    const { x, y } = state(graph)
    const parameters = trainedOf(graph, method)
    const wanted = x ? [x, ...parameters] : parameters
    const found = isLoss ? gradients(y, wanted) : gradients(y, wanted, graph.input('grad y', shape))
    const outputs: Record<string, Value> = isLoss ? { loss: y } : {}
    wanted.forEach((value, i) => (outputs[value === x ? 'grad x' : gradientOf(value.name)] = found[i]))
    return {
      forward: isLoss ? undefined : await engineSession(graph, { y }, thrifty),
      backward: wanted.length ? await engineSession(graph, outputs, x && !isLoss ? graphSession : thrifty) : undefined,
      trained: parameters.map(({ name }) => name),
    }
  }
  return {
    bottom: await part((graph) => ({ y: embedding(config, nucleusVitInputs(graph, config)).x })),
    block: await part((graph) => {
      const x = graph.input('x', shape)
      const branchScale = graph.input('branch_scale', [2])
      return { x, y: block(config, x, 0, { branchScale, dense: denseOf(method) }).x }
    }),
    top: await part((graph) => {
      const x = graph.input('x', shape)
      return { x, y: trainingLoss(config, finalTokens(config, x).nucleusTokens, classes) }
    }, true),
  }
}

/**
 * Trains block by block to save memory. The forward pass keeps only each block's input; the backward pass recomputes
 * each block from it (Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost"). This costs a third more work
 * and holds the activations of one block instead of all.
 */
export async function blockwisePass(options: PassOptions): Promise<GradientPass<TrainingFeeds>> {
  const { config, classes, trained } = options
  const { bottom, block, top } = await partsOf(config, classes, trained.method)
  const nameIn = (layer: number, name: string) => name.replace(/^blocks\.0\./, `blocks.${layer}.`)
  const runPart = (session: GraphSession | undefined, layer: number, feeds: Record<string, Numbers>, into = {}) => {
    if (!session) throw new Error('A part of the network was run in a direction it has no session for.')
    const weights = session.parameters.map(({ name }) => [name, numbersOf(options, nameIn(layer, name))] as const)
    return session.run({ ...Object.fromEntries(weights), ...feeds }, into)
  }
  const sizeOf = (part: Part) => part.trained.reduce((n, name) => n + trained.layout.slot(name).size, 0)
  let second: Float32Array | undefined
  // Buffers for the blocks' inputs and for two alternating gradients. They are reused from crop to crop: new ones would
  // leave hundreds of megabytes of garbage before it is collected.
  let lent: Float32Array[] | undefined

  /** Runs a part backwards and writes the gradients of its trained parameters to their places in `gradient`. */
  const back = async (
    part: Part,
    layer: number,
    feeds: Record<string, Numbers>,
    gradient: Float32Array,
    addTo: boolean,
    intoX: Record<string, Float32Array> = {},
  ) => {
    const targets = part.trained.map((name) =>
      weightsOf({ layout: trained.layout, values: gradient }, nameIn(layer, name)),
    )
    let into = targets
    if (addTo) {
      second ??= new Float32Array(Math.max(sizeOf(bottom), sizeOf(block), sizeOf(top)))
      let at = 0
      into = targets.map(({ length }) => second!.subarray(at, (at += length)))
    }
    const views = Object.fromEntries(part.trained.map((name, i) => [gradientOf(name), into[i]]))
    const result = await runPart(part.backward, layer, feeds, { ...views, ...intoX })
    if (addTo) targets.forEach((target, i) => addInto(target, into[i]))
    return result
  }

  return {
    atOnce: 1,
    async run({ image, roi, patch_positions, nucleus_positions, branch_scale, ...ofLoss }, gradient, addTo) {
      const crop = { image, roi, patch_positions, nucleus_positions }
      const scaleOf = (layer: number) => branch_scale.subarray(2 * layer, 2 * layer + 2)
      const size = (nucleus_positions.length / config.width + 1 + gridOf(config) ** 2) * config.width
      if (!lent || lent[0].length < size) lent = Array.from({ length: config.layers + 3 }, () => new Float32Array(size))
      const [even, odd, ...inputs] = lent.map((buffer) => buffer.subarray(0, size))
      await runPart(bottom.forward, 0, crop, { y: inputs[0] })
      for (let layer = 0; layer < config.layers; layer++) {
        const feeds = { x: inputs[layer], branch_scale: scaleOf(layer) }
        await runPart(block.forward, layer, feeds, { y: inputs[layer + 1] })
      }
      const atTop = { x: inputs[config.layers], ...ofLoss }
      const last = await back(top, 0, atTop, gradient, addTo, { 'grad x': even })
      let [upstream, next] = [even, odd]
      if (block.trained.length || bottom.trained.length)
        for (let layer = config.layers - 1; layer >= 0; layer--) {
          const feeds = { x: inputs[layer], branch_scale: scaleOf(layer), 'grad y': upstream }
          await back(block, layer, feeds, gradient, addTo, { 'grad x': next })
          ;[upstream, next] = [next, upstream]
        }
      if (bottom.trained.length) await back(bottom, 0, { ...crop, 'grad y': upstream }, gradient, addTo)
      return last.loss.data[0] as number
    },
  }
}
