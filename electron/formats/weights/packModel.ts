import { readModelWeights, readReplay, writeModelFolder, type ModelFolder } from './modelFolder.ts'
import { verifyModel } from './verifyModel.ts'

/**
 * Writes a copy of a model whose weights are rounded to float16: half the size, for shipping. The copy has its own id
 * and hash. Throws FailureError if the model is damaged or the folder exists.
 */
export async function packModel(path: string, out: string): Promise<ModelFolder> {
  const { folder } = await verifyModel(path)
  const stored = [...(await readModelWeights(folder))]
  const weights = stored.map(([name, { shape, data }]) => [name, { shape, data: Float16Array.from(data) }] as const)
  const replay = await readReplay(folder)
  return writeModelFolder(out, { description: folder.json, weights, ...(replay && { replay }), card: folder.card })
}
