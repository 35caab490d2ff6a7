import { FailureError, message, type Message } from '../../contract/index.ts'
import { readModelFolder, readModelWeights, type ModelFolder } from './modelFolder.ts'
import { classifierLayout } from '../../../models/nucleusVit/layout.ts'

export interface VerifiedModel {
  readonly id: string
  readonly tensors: number
  readonly parameters: number
  readonly weightsHash: string
  /** Not part of JSON output. */
  readonly folder: ModelFolder
  readonly weights: ReadonlyMap<string, Float32Array>
}

/**
 * Checks a model folder: the hash is right, every tensor of the network is there with its shape and finite numbers, and
 * the head has one row per class. Throws FailureError 'unreadable' that names the first fault.
 */
export async function verifyModel(path: string): Promise<VerifiedModel> {
  const folder = await readModelFolder(path)
  const stored = await readModelWeights(folder)
  const { architecture, classes, id, weightsHash } = folder.json
  const bad = (flaw: Message): never => {
    throw new FailureError('unreadable', message('weightsWrong', { path, flaw }))
  }
  const rows = stored.get('head.weight')?.shape[0]
  if (rows !== undefined && rows !== classes.length) bad(message('flawHead', { classes, rows }))
  const weights = new Map<string, Float32Array>()
  let parameters = 0
  for (const { name, shape, size } of classifierLayout(architecture, classes.length).slots) {
    const tensor = stored.get(name)
    if (!tensor) return bad(message('flawMissing', { name, expected: shape }))
    if (tensor.shape.join() !== shape.join()) bad(message('flawShape', { name, expected: shape, found: tensor.shape }))
    const data = tensor.data instanceof Float32Array ? tensor.data : Float32Array.from(tensor.data)
    if (!data.every(Number.isFinite)) bad(message('flawNotFinite', { name }))
    weights.set(name, data)
    parameters += size
  }
  const result = { id, tensors: weights.size, parameters, weightsHash, folder, weights }
  return Object.defineProperties(result, { folder: { enumerable: false }, weights: { enumerable: false } })
}
