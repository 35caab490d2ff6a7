import { availableParallelism } from 'node:os'
import { sibling, startThread, type Thread } from '../../threads/index.ts'
import type { Decoded } from '../jpeg2000/openjpeg.ts'
import type { SampleJob } from '../tiff/samples/layout.ts'
import type { DecodeThread, Decoding } from './decodeWorker.ts'

/** Time after which a decoder counts as stuck on damaged data, ms. A tile takes 1 to 30 ms, a whole picture seconds. */
const timeoutMs = 10_000
const timeoutPerMegapixel = 1_000

const threads = new Set<Thread<DecodeThread>>()

/** Returns the least busy thread. Starts a new one if all are busy and there are processors left. */
function nextThread(): Thread<DecodeThread> {
  const idlest = [...threads].reduce<Thread<DecodeThread> | undefined>(
    (a, b) => (a && a.load <= b.load ? a : b),
    undefined,
  )
  const mayGrow = threads.size < Math.min(4, availableParallelism())
  if (idlest && (idlest.load === 0 || !mayGrow)) return idlest
  const thread = startThread<DecodeThread>(sibling(import.meta.url, './decodeWorker'), undefined, {
    onLost: () => threads.delete(thread),
  })
  threads.add(thread)
  return thread
}

/** Lets a thread work. Ends it if it takes too long. Resolves to `error`, in words, if that fails. */
async function onThread<T>(
  work: (thread: Thread<DecodeThread>) => Promise<T>,
  megapixels: number,
): Promise<T | { readonly error: string }> {
  const thread = nextThread()
  const timer = setTimeout(
    () => {
      threads.delete(thread)
      void thread.end()
    },
    timeoutMs + megapixels * timeoutPerMegapixel,
  )
  try {
    return await work(thread)
  } catch (error) {
    return { error: threads.has(thread) ? (error as Error).message : 'the decoder stopped' }
  } finally {
    clearTimeout(timer)
  }
}

/** Decodes on another thread. Resolves to `error`, in words, if that fails. */
export const decodeOnThread = (decoding: Decoding, megapixels = 0): Promise<Decoded | { readonly error: string }> =>
  onThread((thread) => thread.call('decode', decoding), megapixels)

/** Returns the largest sample of some blocks (see tiff/samples/decode.ts), or `error`. */
export const largestOnThread = (
  job: Pick<SampleJob, 'layout' | 'blocks'>,
): Promise<number | { readonly error: string }> => onThread((thread) => thread.call('largest', job), 0)
