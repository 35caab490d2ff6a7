import {
  readModelWeights,
  readReplay,
  writeModelFolder,
  type ModelDescription,
  type ModelFolder,
  type ModelJson,
} from './modelFolder.ts'
import type { ViewCount } from '../../../models/tiling/views.ts'
import { verifyModel } from './verifyModel.ts'

/**
 * Writes a copy of a model whose weights are rounded to float16: half the size, for shipping. The copy has its own id
 * and hash. Throws FailureError if the model is damaged or the folder exists.
 */
export const packModel = (path: string, out: string): Promise<ModelFolder> =>
  copyModel(path, out, { round: (data) => Float16Array.from(data) })

/**
 * Writes a copy of a model that averages so many views of each crop. Its calibration counts as inherited until it is
 * fitted anew, and its score is not known. Throws FailureError if the model is damaged or the folder exists.
 */
export const withViews = (path: string, views: ViewCount, out: string): Promise<ModelFolder> =>
  copyModel(path, out, {
    change: ({ id, calibration }) => ({
      ...{ views, metric: '' },
      ...(calibration && { calibration: { ...calibration, inheritedFrom: calibration.inheritedFrom ?? id } }),
    }),
  })

async function copyModel(
  path: string,
  out: string,
  {
    round = (data) => data,
    change = () => ({}),
  }: {
    round?: (data: Float32Array | Float16Array) => Float32Array | Float16Array
    change?: (json: ModelJson) => Partial<ModelDescription>
  },
): Promise<ModelFolder> {
  const { folder } = await verifyModel(path)
  const stored = [...(await readModelWeights(folder))]
  const weights = stored.map(
    ([name, { shape, data }]) => [name, { shape, data: round(data as Float32Array | Float16Array) }] as const,
  )
  const replay = await readReplay(folder)
  const description = { ...folder.json, ...change(folder.json) }
  return writeModelFolder(out, { description, weights, ...(replay && { replay }), card: folder.card })
}
