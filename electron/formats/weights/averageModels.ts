import { isDeepStrictEqual } from 'node:util'
import { FailureError, message } from '../../contract/index.ts'
import { classifierLayout } from '../../../models/nucleusVit/layout.ts'
import { readReplay, writeModelFolder, type ModelDescription, type ModelFolder } from './modelFolder.ts'
import { trainingTable } from './trainingTable.ts'
import { verifyModel } from './verifyModel.ts'

/**
 * Writes the mean of the weights of models that were fine-tuned from the same one (Wortsman et al. 2022, "Model soups").
 * It costs no more to run than one of them. It has no calibration. The tokens against forgetting are the first model's.
 * @param paths at least 2 model folders with the same parent, architecture, classes, µm per pixel, views and licence
 * @throws FailureError 'invalid-input' if they differ or the folder exists, 'unreadable' if one is damaged
 */
export async function averageModels(paths: readonly string[], out: string, title?: string): Promise<ModelFolder> {
  if (paths.length < 2) throw new FailureError('invalid-input', message('averageNeedsTwo', { given: paths.length }))
  const models = await Promise.all(paths.map(verifyModel))
  const [first, ...others] = models
  const kindOf = ({ folder: { json } }: (typeof models)[number]) =>
    JSON.stringify([
      ...[Object.entries(json.architecture).sort(), json.classes, json.mpp, json.views ?? 1, json.licence],
      json.lineage.at(-1),
    ])
  const isAlone = first.folder.json.lineage.length === 0 // networks that began at random have no meaningful mean
  const other = others.find((model) => isAlone || kindOf(model) !== kindOf(first))
  if (other) throw new FailureError('invalid-input', message('averageDiffers', { first: first.id, other: other.id }))
  const { architecture, classes, mpp, lineage, licence, training, stains, views, title: firstTitle } = first.folder.json
  const weights = classifierLayout(architecture, classes.length).slots.map(({ name, shape }) => {
    const all = models.map((model) => model.weights.get(name)!)
    const data = all[0].map((_, i) => all.reduce((sum, one) => sum + one[i], 0) / all.length)
    return [name, { shape, data }] as const
  })
  const description: ModelDescription = {
    title: title ?? firstTitle,
    ...{ architecture, classes, mpp, lineage: [...lineage, first.id] },
    ...{ created: new Date().toISOString(), licence, metric: '' },
    training: { ...training, meanOf: models.map(({ id }) => id) },
    ...(stains && others.every(({ folder }) => isDeepStrictEqual(folder.json.stains, stains)) && { stains }),
    ...(views && { views }),
  }
  const replay = await readReplay(first.folder)
  return writeModelFolder(out, { description, weights, ...(replay && { replay }), card: cardOf(description, models) })
}

const cardOf = ({ title, created, licence, training }: ModelDescription, models: readonly { id: string }[]): string =>
  `# ${title}

For research use only. Not a medical device.

The mean of the weights of ${models.map(({ id }) => id).join(', ')}. Not calibrated. How the first of them was trained:

- Made: ${created}
- Licence: ${licence}

${trainingTable(training)}
`
