import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { FailureError, message, type CohortJob, type NamedWeights } from '../../contract/index.ts'
import { readDetectorFolder } from '../../formats/weights/detectorFolder.ts'
import { readModelFolder } from '../../formats/weights/modelFolder.ts'
import { findDetector } from '../../launch/detectors.ts'
import { findModel } from '../../launch/models.ts'

/** The worker's model of a name has other weights than the job's, or it has none: it refuses the job, and all like it. */
export class OtherWeights extends FailureError {}

const hashOf = {
  model: async (folder: string) => {
    const { weightsHash, views = 1 } = (await readModelFolder(folder)).json
    // Other views of the same weights give other results.
    return views === 1 ? weightsHash : createHash('sha256').update(`${weightsHash} ${views} views`).digest('hex')
  },
  detector: async (folder: string) => (await readDetectorFolder(folder)).json.weightsHash,
}

/** Returns the name and hash of a model or detector, for jobs. Its folder's name is its name. */
export async function namedWeights(kind: 'model' | 'detector', folder: string): Promise<NamedWeights> {
  return { name: basename(folder), sha256: await hashOf[kind](folder) }
}

/**
 * Returns the folders of a job's model and detector on this machine: of the first of the folders `models` that holds
 * the name, else built in.
 * Throws OtherWeights if one is missing or has other weights: another model is never used in its place. The engine checks
 * that the weights are those that the folder's description names.
 */
export async function weightsOf(
  { model, detector }: CohortJob,
  models: readonly string[],
): Promise<{ model: string | undefined; detector: string }> {
  const find = async (kind: 'model' | 'detector', { name, sha256 }: NamedWeights): Promise<string> => {
    const own = models.map((one) => join(one, name)).find((one) => existsSync(join(one, `${kind}.json`)))
    const folder = own ?? (await (kind === 'model' ? findModel : findDetector)(name))
    const found = await hashOf[kind](folder)
    if (found !== sha256)
      throw new OtherWeights('invalid-input', message('cohortOtherWeights', { kind, name, found, wanted: sha256 }))
    return folder
  }
  try {
    return { model: model ? await find('model', model) : undefined, detector: await find('detector', detector) }
  } catch (error) {
    if (!(error instanceof FailureError) || error instanceof OtherWeights) throw error
    throw new OtherWeights('not-found', error.failure.message)
  }
}
