import { open, type FileHandle } from 'node:fs/promises'
import { FailureError, message } from '../../contract/index.ts'
import type { Weights } from '../../../models/nn/parameters.ts'
import type { Random } from '../../../models/nn/random.ts'
import { safetensorsHeader } from '../../formats/weights/safetensors.ts'
import { writeAtomically } from '../../formats/files/writeAtomically.ts'
import type { StateArrays } from './optimiserState.ts'

/**
 * The complete state of a training run at the end of a step. Restored, the run continues as if it had never stopped.
 */
export interface TrainingState {
  /** Only the trained parameters. */
  readonly trained: Weights
  readonly arrays: StateArrays
  /** Number of arrays in `arrays`. */
  readonly arrayCount: number
  readonly random: Random
  /** Steps taken so far. `steps` is the total. */
  step: number
  readonly steps: number
  firstLoss: number
  lastLoss: number
}

export interface CheckpointFile {
  readonly path: string
  /** Identifies the job (labels, recipe, seed, parent, method). A checkpoint of another job is not continued. */
  readonly key: string
  /** Minimum time between two checkpoints; 60 s if absent. */
  readonly everySeconds?: number
}

const bytesOf = (a: Float32Array): Uint8Array => new Uint8Array(a.buffer, a.byteOffset, a.byteLength)

/**
 * Writes the state to a new file and then replaces the old checkpoint, so a full disk leaves the old one intact. The
 * file is safetensors with `values` and `state`, the optimiser's arrays parameter by parameter. Memory use does not
 * grow with its size.
 */
export async function writeCheckpoint({ path, key }: CheckpointFile, state: TrainingState): Promise<void> {
  const { trained, arrays, arrayCount, random, step, steps, firstLoss, lastLoss } = state
  const { size, slots } = trained.layout
  const header = safetensorsHeader(
    [
      ['values', { shape: [size], dtype: 'F32' }],
      ['state', { shape: [arrayCount * size], dtype: 'F32' }],
    ],
    {
      key,
      step: String(step),
      steps: String(steps),
      random: String(random.save()),
      firstLoss: String(firstLoss),
      lastLoss: String(lastLoss),
    },
  )
  function* pieces() {
    yield header
    yield bytesOf(trained.values)
    for (const slot of slots) {
      const copies: Uint8Array[] = []
      arrays.lend(slot.offset, slot.size, (lent) => copies.push(...lent.map((a) => bytesOf(a).slice())))
      yield* copies
    }
  }
  await writeAtomically(path, pieces(), { gzip: false })
}

/** Restores the state from a checkpoint of this job. Returns false if there is none. Throws if it is damaged. */
export async function readCheckpoint({ path, key }: CheckpointFile, state: TrainingState): Promise<boolean> {
  const file = await open(path).catch(() => undefined)
  if (!file) return false
  try {
    const { metadata, start } = await readHeader(file, path)
    if (metadata.key !== key) return false
    const { trained, arrays, arrayCount } = state
    const { size, slots } = trained.layout
    if ((await file.stat()).size !== start + 4 * size * (1 + arrayCount)) throw damaged(path)
    let at = start
    const fill = async (into: Float32Array) => {
      const bytes = bytesOf(into)
      for (let done = 0; done < bytes.length;) {
        const { bytesRead } = await file.read(bytes, done, bytes.length - done, at + done)
        if (bytesRead === 0) throw damaged(path)
        done += bytesRead
      }
      at += bytes.length
    }
    await fill(trained.values)
    for (const slot of slots) {
      const stored = new Float32Array(arrayCount * slot.size)
      await fill(stored)
      arrays.lend(slot.offset, slot.size, (lent) =>
        lent.forEach((array, i) => array.set(stored.subarray(i * slot.size, (i + 1) * slot.size))),
      )
    }
    state.step = Number(metadata.step)
    state.random.restore(Number(metadata.random))
    state.firstLoss = Number(metadata.firstLoss)
    state.lastLoss = Number(metadata.lastLoss)
    return true
  } finally {
    await file.close()
  }
}

/** Returns the total number of steps of a checkpoint's run, or undefined if there is no checkpoint of this job. */
export async function stepsOfCheckpoint({ path, key }: CheckpointFile): Promise<number | undefined> {
  const file = await open(path).catch(() => undefined)
  if (!file) return undefined
  try {
    const { metadata } = await readHeader(file, path)
    return metadata.key === key ? Number(metadata.steps) : undefined
  } finally {
    await file.close()
  }
}

/** Throws FailureError 'invalid-input' if the checkpoint would overwrite that of another job, or another file. */
export async function needRoom({ path, key }: CheckpointFile): Promise<void> {
  const file = await open(path).catch(() => undefined)
  if (!file) return
  const own = await readHeader(file, path)
    .then(({ metadata }) => metadata.key === key)
    .catch(() => false)
    .finally(() => file.close())
  if (!own) throw new FailureError('invalid-input', message('checkpointOther', { path }))
}

/** A checkpoint's header has a few hundred bytes. A file with a longer header is not a checkpoint. */
const headerLimit = 1 << 16

async function readHeader(
  file: FileHandle,
  path: string,
): Promise<{ metadata: Readonly<Record<string, string>>; start: number }> {
  const bytes = new Uint8Array(headerLimit)
  const { bytesRead } = await file.read(bytes, 0, headerLimit, 0)
  const length = bytesRead < 8 ? Infinity : Number(new DataView(bytes.buffer).getBigUint64(0, true))
  if (8 + length > bytesRead) throw damaged(path)
  try {
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as {
      __metadata__?: Record<string, string>
    }
    return { metadata: header.__metadata__ ?? {}, start: 8 + length }
  } catch {
    throw damaged(path)
  }
}

const damaged = (path: string) => new FailureError('unreadable', message('checkpointCut', { path }))
