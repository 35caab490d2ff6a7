import { readDetectorFolder } from '../../formats/weights/detectorFolder.ts'
import { Graph } from '../../../models/graph/graph.ts'
import { layoutOf } from '../../../models/nn/parameters.ts'
import type { DetectorConfig } from '../../../models/nucleusDetector/config.ts'
import { heatStride } from '../../../models/nucleusDetector/config.ts'
import type { DetectorMaps } from '../../../models/nucleusDetector/findStars.ts'
import { regionSide } from '../../../models/nucleusDetector/grid.ts'
import { nucleusDetector } from '../../../models/nucleusDetector/network.ts'
import { flatten, weightFeeds } from '../encode/encoder.ts'
import { engineSession } from '../runtime/providers.ts'
import type { GraphSession } from '../runtime/session.ts'

/** A detector that is ready to look at regions. */
export interface Detector {
  /** Least probability of a nucleus that is kept. */
  readonly threshold: number
  /** @param image [3, regionSide, regionSide] */
  look(image: Float32Array): Promise<DetectorMaps>
}

const sessions = new Map<string, Promise<{ session: GraphSession; layout: ReturnType<typeof layoutOf> }>>()

/** Sessions are kept by architecture and shared by all weights of it, for weights are feeds. */
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

/** Fails with 'not-found' or 'unreadable' where the folder is none or its weights do not fit. */
export async function loadDetector(folder: string): Promise<Detector> {
  const { json, weights, path } = await readDetectorFolder(folder)
  const { session, layout } = await sessionFor(json.architecture)
  const feeds = weightFeeds(layout, flatten(layout, weights, path), session.parameters)
  return {
    threshold: json.threshold,
    async look(image) {
      const { heat, rays } = await session.run({ ...feeds, image })
      const cells = regionSide / heatStride
      return { columns: cells, rows: cells, heat: heat.data as Float32Array, rays: rays.data as Float32Array }
    },
  }
}
