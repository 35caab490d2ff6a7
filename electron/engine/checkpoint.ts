import { readFile } from 'node:fs/promises'
import type { Random } from '../../models/nn/random.ts'
import type { AdamWState } from '../../models/train/adamW.ts'
import { parseSafetensors, safetensorsBytes, safetensorsMetadata } from '../formats/safetensors.ts'
import { writeAtomically } from '../formats/writeAtomically.ts'

/** All that a training run is at the end of a step: put back, it goes on as if it had never stopped. */
export interface TrainingState {
  readonly values: Float32Array
  readonly moments: AdamWState
  readonly average: Float32Array | undefined
  readonly random: Random
  firstLoss: number
  lastLoss: number
}

export interface CheckpointFile {
  readonly path: string
  /** Names the job (labels, recipe, seed, parent): a checkpoint of another job is not gone on from. */
  readonly key: string
  /** Least time between two checkpoints; 60 s where absent. */
  readonly everySeconds?: number
}

/** Writes the state beside the old checkpoint and puts it in its place: a full disk leaves the old one. */
export async function writeCheckpoint({ path, key }: CheckpointFile, state: TrainingState): Promise<void> {
  const { values, moments, average, random, firstLoss, lastLoss } = state
  const tensor = (data: Float32Array) => ({ shape: [data.length], data })
  const metadata = {
    key,
    step: String(moments.step),
    random: String(random.save()),
    firstLoss: String(firstLoss),
    lastLoss: String(lastLoss),
  }
  const bytes = safetensorsBytes(
    [
      ['values', tensor(values)] as const,
      ['first', tensor(moments.first)] as const,
      ['second', tensor(moments.second)] as const,
      ...(average ? [['average', tensor(average)] as const] : []),
    ],
    metadata,
  )
  await writeAtomically(path, [bytes], { gzip: false })
}

/** Puts the state of a checkpoint of this job back in place; false where there is none. A damaged one fails. */
export async function readCheckpoint({ path, key }: CheckpointFile, state: TrainingState): Promise<boolean> {
  const bytes = await readFile(path).catch(() => undefined)
  if (!bytes) return false
  const tensors = parseSafetensors(bytes, path)
  const metadata = safetensorsMetadata(bytes)
  if (metadata.key !== key) return false
  const put = (name: string, into: Float32Array | undefined) => {
    const data = tensors.get(name)?.data
    if (into && data?.length === into.length) into.set(data)
  }
  put('values', state.values)
  put('first', state.moments.first)
  put('second', state.moments.second)
  put('average', state.average)
  state.moments.step = Number(metadata.step)
  state.random.restore(Number(metadata.random))
  state.firstLoss = Number(metadata.firstLoss)
  state.lastLoss = Number(metadata.lastLoss)
  return true
}
