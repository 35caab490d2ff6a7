import { type Precision, message, type Message } from '../../contract/index.ts'
import type { CropFeeds } from '../../../models/nucleusVit/crop.ts'
import { smallestCosine } from '../../../models/metrics/numbers.ts'
import { featureWidth } from '../../../models/nucleusVit/config.ts'
import type { Encoded, Encoder, Network } from './encoder.ts'
import { passEncoder } from './passEncoder.ts'
import { currentProvider } from '../runtime/providers.ts'

/** Nuclei whose 8-bit token is farther from the full one than this are not classified by it. */
const leastCosine = 0.999

/** An encoder that says in which precision it works; it is known for good after the first crop with nuclei. */
export interface GuardedEncoder extends Encoder {
  readonly precision: Precision
  /** Why it is not the one asked for: a sentence for the user. */
  readonly note: Message | undefined
}

/**
 * The encoder of a network in the wanted precision, as far as that is safe: 8 bits only on the processor, and only if
 * the first crop's tokens agree with full precision, which encodes that crop and, where they do not, all others.
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
  // Until it is settled which one encodes, crops go one after another.
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
