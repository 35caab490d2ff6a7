import type { Precision } from '../../contract/index.ts'
import { laneEncoder } from './encoderPool.ts'
import { encoderOf, type Encoder, type Network } from './encoder.ts'
import { engineThreads } from '../runtime/limits.ts'
import { currentProvider } from '../runtime/providers.ts'

/** More lanes need more memory and gain little: within a lane, onnxruntime divides a crop well among a few threads. */
const mostLanes = 4
/** Each lane has its own copy of the weights. In a larger network, reading (which lanes hide) is 1/100 of the work. */
const mostWeightBytes = 100e6

/** Returns the encoder for a pass over many crops. On the CPU it encodes several crops at once, as memory allows. */
export async function passEncoder(network: Omit<Network, 'mpp'>, precision: Precision = 'float32'): Promise<Encoder> {
  const threads = engineThreads()
  const lanes = network.values.byteLength > mostWeightBytes ? 1 : Math.min(threads, mostLanes)
  const { name } = await currentProvider()
  return name === 'cpu' && lanes > 1 ? laneEncoder(network, precision, lanes, threads) : encoderOf(network, precision)
}
