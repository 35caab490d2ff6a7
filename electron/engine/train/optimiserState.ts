import { closeSync, mkdirSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { FailureError, systemFailure } from '../../contract/index.ts'
import type { Weights } from '../../../models/nn/parameters.ts'
import { adamWStep, type ParameterGroup } from '../../../models/train/adamW.ts'

/**
 * The numbers an optimiser keeps for each trained number and needs once per step: moments and running mean. They are in
 * memory or, if memory is short, in a file that is read and written from start to end at each step.
 */
export interface StateArrays {
  /** Passes `size` numbers from `offset` of every array to `use` and keeps the changes that it makes. */
  lend(offset: number, size: number, use: (arrays: readonly Float32Array[]) => void): void
  close(): void
}

export function memoryArrays(size: number, count: number): StateArrays {
  const arrays = Array.from({ length: count }, () => new Float32Array(size))
  return {
    lend: (offset, length, use) => use(arrays.map((array) => array.subarray(offset, offset + length))),
    close: () => undefined,
  }
}

/**
 * Keeps the arrays in a new file at `path`, which `close` deletes. Every step must lend the same ranges as the first
 * one (parameter by parameter). A full disk throws a FailureError.
 */
export function fileArrays(path: string, count: number): StateArrays {
  const file = attempt(path, () => {
    mkdirSync(dirname(path), { recursive: true })
    return openSync(path, 'wx+')
  })
  let buffer = new Float32Array(0)
  return {
    lend(offset, length, use) {
      if (buffer.length < count * length) buffer = new Float32Array(count * length)
      const bytes = new Uint8Array(buffer.buffer, 0, 4 * count * length)
      // The numbers of one parameter are contiguous, array after array, so that lending is one read and one write.
      const place = 4 * count * offset
      let read = 0
      attempt(path, () => {
        for (let got = -1; read < bytes.length && got !== 0; read += got)
          got = readSync(file, bytes, read, bytes.length - read, place + read)
      })
      bytes.fill(0, read) // past the end of the file the numbers are zero
      use(Array.from({ length: count }, (_, i) => buffer.subarray(i * length, (i + 1) * length)))
      attempt(path, () => {
        for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at, bytes.length - at, place + at)
      })
    },
    close() {
      closeSync(file)
      rmSync(path, { force: true })
    },
  }
}

function attempt<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    const failure = systemFailure(error, { do: 'keepOptimiser', path })
    if (failure) throw FailureError.of(failure)
    throw error
  }
}

export interface OptimiserOptions {
  readonly groups: readonly ParameterGroup[]
  readonly rate: number
  readonly weightDecay: number
  readonly beta2?: number
  /** Decay of the running mean, if the state keeps one as its third array. */
  readonly keep?: number
}

/** Does one AdamW step and updates the running mean, parameter by parameter, wherever the state is stored. */
export function optimiserStep(
  state: { readonly trained: Weights; readonly arrays: StateArrays; step: number },
  gradient: Float32Array,
  { groups, rate, weightDecay, beta2, keep = 0 }: OptimiserOptions,
): void {
  const { step } = state
  for (const group of groups) {
    const [from, to] = [group.offset, group.offset + group.size]
    const own = state.trained.values.subarray(from, to)
    const place = [{ ...group, offset: 0 }]
    state.arrays.lend(from, group.size, ([first, second, average]) => {
      adamWStep(own, gradient.subarray(from, to), { first, second, step }, place, rate, { weightDecay, beta2 })
      if (average) for (let k = 0; k < own.length; k++) average[k] = keep * average[k] + (1 - keep) * own[k]
    })
  }
  state.step++
}
