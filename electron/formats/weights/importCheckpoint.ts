import { basename } from 'node:path'
import { FailureError, message } from '../../contract/index.ts'
import { importStem, isEfficientNet } from './importStem.ts'
import { importWeights, type ImportOptions } from './importWeights.ts'
import { writeModelFolder } from './modelFolder.ts'
import { readSafetensors } from './safetensors.ts'
import { readTorchCheckpoint } from '../torch/index.ts'

export interface CheckpointOptions extends ImportOptions {
  readonly mpp?: number
  readonly title?: string
  readonly licence?: string
  /** True to drop the checkpoint's head. A new one is made for `classes`, if there are any. */
  readonly newHead?: boolean
}

/**
 * Makes a model folder from a checkpoint file. A file named .safetensors is read as such, any other as PyTorch's.
 * @throws FailureError 'no-scale' if `options.mpp` is absent, and the failures of the readers and of `importWeights`.
 * No folder is written then.
 */
export async function importCheckpoint(path: string, out: string, options: CheckpointOptions) {
  const { mpp } = options
  if (mpp === undefined) throw new FailureError('no-scale', message('checkpointNoScale', { file: basename(path) }))
  const stored = await (/\.safetensors$/i.test(path) ? readSafetensors(path) : readTorchCheckpoint(path))
  if (options.newHead) for (const name of [...stored.keys()]) if (/(^|\.)head\./.test(name)) stored.delete(name)
  const { weights, ...report } = isEfficientNet(stored)
    ? importStem(stored, path)
    : importWeights(stored, path, options)
  const { architecture, classes } = report
  const created = new Date().toISOString()
  const training = {
    importedFrom: basename(path),
    taken: report.taken.length,
    changed: report.resized,
    left: report.left,
    startedNew: report.initialised,
  }
  const title = options.title ?? basename(path).replace(/\.[^.]*$/, '')
  const licence = options.licence ?? 'not stated'
  const card = `# ${title}

For research use only. Not a medical device.

Imported from ${basename(path)}: width ${architecture.width}, ${architecture.layers} layers, ${architecture.heads} heads,
${architecture.imageSize} px crops at ${mpp.toFixed(3)} µm/px. ${classes.length ? `Classes: ${classes.join(', ')}` : 'An encoder without classes'}. Licence: ${licence}.
${report.taken.length} tensors were taken, ${report.resized.length} changed, ${report.left.length} left, ${report.initialised.length} started new (listed in model.json).
`
  const description = { title, architecture, classes, mpp, lineage: [], created, licence, training, metric: '' }
  const folder = await writeModelFolder(out, { description, weights, card })
  return { model: folder.path, weightsHash: folder.json.weightsHash, ...report }
}
