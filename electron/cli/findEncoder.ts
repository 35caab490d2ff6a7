import { presetConfig } from '../formats/weights/modelFolder.ts'
import { findModel } from '../launch/models.ts'

/** Finds a model as findModel does. Also accepts "preset:<name>": an encoder with random weights, as a control. */
export async function findEncoder(name?: string): Promise<string> {
  if (!name?.startsWith('preset:')) return findModel(name)
  presetConfig(name.slice('preset:'.length)) // throws if there is no preset of that name
  return name
}
