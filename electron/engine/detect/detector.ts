import { readDetectorFolder } from '../../formats/weights/detectorFolder.ts'
import { Graph } from '../../../models/graph/graph.ts'
import { layoutOf } from '../../../models/nn/parameters.ts'
import type { DetectorConfig } from '../../../models/detector/config.ts'
import { cellSize } from '../../../models/detector/config.ts'
import type { DetectorMaps } from '../../../models/detector/outlines.ts'
import { regionSide } from '../../../models/detector/grid.ts'
import { nucleusDetector } from '../../../models/detector/network.ts'
import { flatten, weightFeeds } from '../encode/encoder.ts'
import { engineSession } from '../runtime/providers.ts'
import type { GraphSession } from '../runtime/session.ts'

/** A detector, ready to run on regions. */
export interface Detector {
  /** Minimum probability of a nucleus. */
  readonly threshold: number
  /** Number of rays along which an outline is followed. */
  readonly rays: number
  /** @param image [3, regionSide, regionSide] */
  look(image: Float32Array): Promise<DetectorMaps>
}

const sessions = new Map<string, Promise<{ session: GraphSession; layout: ReturnType<typeof layoutOf> }>>()

/** Returns the session of an architecture. All weights of one architecture share it, because weights are fed. */
function sessionFor(config: DetectorConfig) {
  const key = JSON.stringify(config)
  let made = sessions.get(key)
  if (!made) {
    const graph = new Graph()
    const outputs = nucleusDetector(config, graph.input('image', [1, 3, regionSide, regionSide]))
    const layout = layoutOf(graph.parameters)
    made = engineSession(graph, { ...outputs }).then((session) => ({ session, layout }))
    sessions.set(key, made)
  }
  return made
}

/** Throws FailureError 'not-found' or 'unreadable' if `folder` is not a detector folder or its weights do not fit. */
export async function loadDetector(folder: string): Promise<Detector> {
  const { json, weights, path } = await readDetectorFolder(folder)
  const { session, layout } = await sessionFor(json.architecture)
  const feeds = weightFeeds(layout, flatten(layout, weights, path), session.parameters)
  return {
    threshold: json.threshold,
    rays: json.architecture.rays,
    async look(image) {
      const { heat, inside } = await session.run({ ...feeds, image })
      const cells = regionSide / cellSize
      return { columns: cells, rows: cells, heat: heat.data as Float32Array, inside: inside.data as Float32Array }
    },
  }
}
