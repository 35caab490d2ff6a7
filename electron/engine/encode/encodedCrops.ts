import type { Encoded, Encoder } from './encoder.ts'
import type { CropJob } from './cropWorker.ts'
import type { ReadCrop } from './cropReader.ts'
import { prefetchedCrops } from './cropPrefetch.ts'

/** A crop with the tokens and logits of its nuclei. */
export type EncodedCrop = Pick<ReadCrop, 'crop' | 'of'> & Pick<Encoded, 'tokens' | 'logits'>

/**
 * Yields the encoded crops of a slide in planned order, tokens and logits as the mean over the job's views. The head is
 * linear, so it gives the mean logits for the mean tokens.
 */
export async function* encodedCrops(job: CropJob, encoder: Encoder): AsyncGenerator<EncodedCrop> {
  const { views = 1 } = job
  let sum: EncodedCrop | undefined
  let added = 0
  for await (const view of encodedViews(job, encoder)) {
    if (sum)
      for (const part of ['tokens', 'logits'] as const) {
        const [to, from] = [sum[part], view[part]]
        for (let i = 0; i < to.length; i++) to[i] += from[i]
      }
    else sum = view
    if (++added < views) continue
    if (views > 1)
      for (const part of ['tokens', 'logits'] as const) sum[part].forEach((v, i, all) => (all[i] = v / views))
    yield sum
    sum = undefined
    added = 0
  }
}

/**
 * Yields the encoded views of the crops of a slide in planned order. Meanwhile a separate thread reads the next crops, and up to
 * `encoder.atOnce` crops are being encoded.
 */
async function* encodedViews(job: CropJob, encoder: Encoder): AsyncGenerator<EncodedCrop> {
  const inWork: Promise<EncodedCrop>[] = []
  for await (const { crop, feeds, of, giveBack } of prefetchedCrops(job, encoder.atOnce)) {
    const encoded = encoder.run(feeds).then(({ tokens, logits, feeds: back }) => {
      giveBack(back)
      return { crop, of, tokens, logits }
    })
    encoded.catch(() => undefined) // awaited in its turn; until then a failure must not count as unhandled
    inWork.push(encoded)
    if (inWork.length === encoder.atOnce) yield await inWork.shift()!
  }
  for (const encoded of inWork) yield await encoded
}
