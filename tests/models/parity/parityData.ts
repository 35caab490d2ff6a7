import { readFileSync } from 'node:fs'
import sharp from 'sharp'
import { expect } from 'vitest'
import { readSafetensors, type StoredTensor } from '../../../electron/formats/weights/safetensors.ts'
import type { NucleusVitConfig } from '../../../models/nucleusVit/config.ts'
import { dataFolder } from '../../support/data.ts'

/** The network that the golden numbers were made with; see PROVENANCE.md beside them. */
export const config: NucleusVitConfig = {
  width: 64,
  layers: 2,
  heads: 4,
  imageSize: 448,
  patchSize: 16,
  positions: 'published',
  roiFeatures: 'after-positions',
}
/** Agreement that PROVENANCE.md asks for: absolute on tokens and logits, relative on gradients and losses. */
export const absolute = 1e-4
export const relative = 1e-3
/** Nucleus places of the golden batch; the rest of a crop's are padding. */
export const slots = 24

export const parityFile = (name: string): string => `${dataFolder('parity')}/${name}`

export interface GoldenCrop {
  readonly rgb: Uint8Array
  /** Flat, padding left out. */
  readonly boxes: number[]
  readonly labels: number[]
}

export async function goldenCrops(): Promise<GoldenCrop[]> {
  const inputs = JSON.parse(readFileSync(parityFile('inputs.json'), 'utf8')) as {
    crops: string[]
    boxes: number[][][]
    labels: number[][]
  }
  return Promise.all(
    inputs.crops.map(async (name, b) => ({
      rgb: new Uint8Array(await sharp(parityFile(name)).removeAlpha().raw().toBuffer()),
      boxes: inputs.boxes[b].filter(([x]) => x >= 0).flat(),
      labels: inputs.labels[b].filter((label) => label >= 0),
    })),
  )
}

/** A golden tensor by name; fails where the file has none of that name. */
export async function goldens(file: string): Promise<(name: string) => StoredTensor> {
  const tensors = await readSafetensors(parityFile(file))
  return (name) => {
    const found = tensors.get(name)
    if (!found) throw new Error(`${file} has no "${name}"; it has ${[...tensors.keys()].join(', ')}.`)
    return found
  }
}

/** Every number within `tolerance`; for `relative`, of the largest golden number's size. */
export function expectClose(
  what: string,
  actual: ArrayLike<number>,
  golden: ArrayLike<number>,
  tolerance: { absolute: number } | { relative: number },
): void {
  expect(golden.length, `${what}: nothing to compare`).toBeGreaterThan(0)
  expect(actual.length, what).toBe(golden.length)
  let worst = 0
  let size = 0
  for (let i = 0; i < golden.length; i++) {
    const error = Math.abs(actual[i] - golden[i])
    if (!(error <= worst)) worst = error // NaN too
    size = Math.max(size, Math.abs(golden[i]))
  }
  expect(worst, `${what}: largest error`).toBeLessThanOrEqual(
    'absolute' in tolerance ? tolerance.absolute : tolerance.relative * size,
  )
}

/** Rows first, first + step, … of a matrix. */
export function everyNth(data: ArrayLike<number>, width: number, step: number, rows: number): number[] {
  return Array.from({ length: rows * width }, (_, i) => data[Math.floor(i / width) * step * width + (i % width)])
}
