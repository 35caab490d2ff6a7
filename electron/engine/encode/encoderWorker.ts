import { parentPort, workerData } from 'node:worker_threads'
import { classifierLayout } from '../../../models/nucleusVit/layout.ts'
import { positionTables } from '../../../models/nucleusVit/positions.ts'
import { buffersOf } from '../../../models/nucleusVit/crop.ts'
import { inside } from './exitGate.ts'
import type { LaneData, LaneReply, LaneRequest } from './encoderProtocol.ts'
import { encoderOf, type Encoder } from './encoder.ts'
import { graphSession } from '../runtime/session.ts'

/** A lane: encodes crops with sessions of its own. */
const { threads, gate, lane } = workerData as LaneData
interface Opened {
  readonly encoder: Encoder
  readonly patchPositions: Float32Array
}
const networks = new Map<number, Promise<Opened>>()
const post = (reply: LaneReply, transfer: ArrayBuffer[] = []) => parentPort?.postMessage(reply, transfer)

async function open({ config, classes, values, precision }: LaneRequest & { kind: 'open' }): Promise<Opened> {
  const layout = classifierLayout(config, classes.length)
  const encoder = await encoderOf({ config, classes, layout, values }, precision, (graph, outputs) =>
    graphSession(graph, outputs, { threads }),
  )
  return { encoder, patchPositions: positionTables(config).patches }
}

async function run({ network, feeds }: LaneRequest & { kind: 'run' }): Promise<void> {
  try {
    const { encoder, patchPositions } = await networks.get(network)!
    const { tokens, logits } = await inside(gate, lane, () =>
      encoder.run({ ...feeds, patch_positions: patchPositions }),
    )
    post({ kind: 'encoded', tokens, logits, feeds }, buffersOf(feeds))
  } catch (error) {
    post({ kind: 'failed', message: error instanceof Error ? error.message : String(error) })
  }
}

parentPort?.on('message', (request: LaneRequest) => {
  if (request.kind === 'open') {
    const opened = inside(gate, lane, () => open(request))
    opened.catch(() => undefined) // told by the first run
    networks.set(request.network, opened)
  } else if (request.kind === 'close') networks.delete(request.network)
  else void run(request)
})
