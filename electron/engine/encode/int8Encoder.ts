import { type Precision, message, type Message } from '../../contract/index.ts'
import type { CropFeeds } from '../../../models/nucleusVit/crop.ts'
import { smallestCosine } from '../../../models/metrics/numbers.ts'
import { featureWidth } from '../../../models/nucleusVit/config.ts'
import type { Encoded, Encoder, Network } from './encoder.ts'
import { passEncoder } from './passEncoder.ts'
import { currentProvider } from '../runtime/providers.ts'

/** Least cosine between the 8-bit and the full-precision token of a nucleus. Below it, 8 bits are not used. */
const leastCosine = 0.999

/** An encoder that reports its precision. The precision is final after the first crop that has nuclei. */
export interface GuardedEncoder extends Encoder {
  readonly precision: Precision
  /** Sentence for the user that says why the precision is not the requested one. */
  readonly note: Message | undefined
}

/**
 * Returns an encoder in the wanted precision if that is safe. 8 bits are used only on the CPU, and only if the first
 * crop's tokens agree with full precision. Full precision encodes the first crop and, if they disagree, all others.
 */
export async function int8Encoder(
  network: Network,
  wanted: Precision,
  make: typeof passEncoder = passEncoder,
): Promise<GuardedEncoder> {
  const exact = await make(network)
  const { name } = await currentProvider()
  const onCpu = name === 'cpu'
  const fast = wanted === 'int8' && onCpu ? await make(network, 'int8') : undefined
  let encoder: Encoder | undefined = fast ? undefined : exact
  let note = wanted === 'int8' && !onCpu ? message('int8OnCpuOnly', { provider: name }) : undefined
  const first = async (feeds: CropFeeds, fast: Encoder): Promise<Encoded> => {
    const result = await exact.run(feeds)
    if (result.tokens.length === 0) return result
    const quick = await fast.run(result.feeds)
    const cosine = smallestCosine(result.tokens, quick.tokens, featureWidth(network.config))
    encoder = cosine >= leastCosine ? fast : exact
    if (encoder === exact) note = message('int8Disagrees', { least: leastCosine, found: cosine })
    return { ...result, feeds: quick.feeds }
  }
  // Crops are encoded one after another until the precision is settled.
  let turn: Promise<unknown> = Promise.resolve()
  const inTurn = (feeds: CropFeeds, fast: Encoder): Promise<Encoded> => {
    const result = turn.then(() => (encoder ? encoder.run(feeds) : first(feeds, fast)))
    turn = result.catch(() => undefined)
    return result
  }
  return {
    atOnce: exact.atOnce,
    get precision() {
      return fast && encoder === fast ? 'int8' : 'float32'
    },
    get note() {
      return note
    },
    run: (feeds) => (encoder ? encoder.run(feeds) : inTurn(feeds, fast!)),
    close() {
      exact.close()
      fast?.close()
    },
  }
}
