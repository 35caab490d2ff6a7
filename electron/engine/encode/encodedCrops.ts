import type { Encoded, Encoder } from './encoder.ts'
import type { CropJob } from './cropWorker.ts'
import type { ReadCrop } from './cropReader.ts'
import { prefetchedCrops } from './cropPrefetch.ts'

/** A crop with the tokens and logits of its nuclei. */
export type EncodedCrop = Pick<ReadCrop, 'crop' | 'of'> & Pick<Encoded, 'tokens' | 'logits'>

/**
 * Crops of a slide, encoded, in the order of their plan: while the caller looks at one, the next are read by a thread of
 * their own and as many as the encoder likes are in work.
 */
export async function* encodedCrops(job: CropJob, encoder: Encoder): AsyncGenerator<EncodedCrop> {
  const inWork: Promise<EncodedCrop>[] = []
  for await (const { crop, feeds, of, giveBack } of prefetchedCrops(job, encoder.atOnce)) {
    const encoded = encoder.run(feeds).then(({ tokens, logits, feeds: back }) => {
      giveBack(back)
      return { crop, of, tokens, logits }
    })
    encoded.catch(() => undefined) // awaited when its turn comes; a failure must not count as unhandled meanwhile
    inWork.push(encoded)
    if (inWork.length === encoder.atOnce) yield await inWork.shift()!
  }
  for (const encoded of inWork) yield await encoded
}
