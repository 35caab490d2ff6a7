import { readDetectorFolder } from '../../formats/weights/detectorFolder.ts'
import { Graph } from '../../../models/graph/graph.ts'
import { layoutOf } from '../../../models/nn/parameters.ts'
import { cellSize } from '../../../models/detector/config.ts'
import type { DetectorMaps, RaySettings } from '../../../models/detector/outlines.ts'
import { regionSide } from '../../../models/detector/grid.ts'
import { nucleusDetector } from '../../../models/detector/network.ts'
import { flatten, weightFeeds } from '../encode/encoder.ts'
import { bakedSessions, weightsCalled } from '../runtime/bakedSessions.ts'
import { engineSession } from '../runtime/providers.ts'
import { graphSession } from '../runtime/session.ts'

/** A detector, ready to run on regions. */
export interface Detector {
  /** Minimum probability of a nucleus. */
  readonly threshold: number
  /** How it follows outlines. */
  readonly settings: RaySettings
  /** @param image [3, regionSide, regionSide] */
  look(image: Float32Array): Promise<DetectorMaps>
}

const detectorSession = bakedSessions()

/** Throws FailureError 'not-found' or 'unreadable' if `folder` is not a detector folder or its weights do not fit. */
export async function loadDetector(folder: string): Promise<Detector> {
  const { json, weights, path } = await readDetectorFolder(folder)
  const graph = new Graph()
  const outputs = { ...nucleusDetector(json.architecture, graph.input('image', [1, 3, regionSide, regionSide])) }
  const layout = layoutOf(graph.parameters)
  const values = flatten(layout, weights, path)
  const session = await detectorSession(JSON.stringify(json.architecture), weightsCalled(layout, values), (baked) =>
    engineSession(graph, outputs, (g, o, options) => graphSession(g, o, { ...options, weights: baked })),
  )
  const feeds = weightFeeds(layout, values, session.parameters)
  return {
    threshold: json.threshold,
    settings: json.architecture,
    async look(image) {
      const { heat, inside } = await session.run({ ...feeds, image })
      const cells = regionSide / cellSize
      return { columns: cells, rows: cells, heat: heat.data as Float32Array, inside: inside.data as Float32Array }
    },
  }
}
