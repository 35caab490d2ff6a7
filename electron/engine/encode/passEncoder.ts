import { availableParallelism } from 'node:os'
import type { Precision } from '../../contract/index.ts'
import { laneEncoder } from './encoderPool.ts'
import { encoderOf, type Encoder, type Network } from './encoder.ts'
import { currentProvider } from '../runtime/providers.ts'

/** More add memory and gain little: within a lane, onnxruntime shares a crop among few threads well. */
const mostLanes = 4
/** Each lane has weights of its own. Reading a crop, which lanes hide, is a hundredth of the work of a larger network. */
const mostWeightBytes = 100e6

/** The encoder for a pass over many crops: on the processor several side by side, as far as memory allows. */
export async function passEncoder(network: Omit<Network, 'mpp'>, precision: Precision = 'float32'): Promise<Encoder> {
  const threads = availableParallelism()
  const lanes = network.values.byteLength > mostWeightBytes ? 1 : Math.min(threads, mostLanes)
  const { name } = await currentProvider()
  return name === 'cpu' && lanes > 1 ? laneEncoder(network, precision, lanes, threads) : encoderOf(network, precision)
}
