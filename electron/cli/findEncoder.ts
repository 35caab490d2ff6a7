import { presetConfig } from '../formats/weights/modelFolder.ts'
import { findModel } from '../launch/models.ts'

/** What findModel takes, or "preset:<name>" for an encoder with random weights, as a control. */
export async function findEncoder(name?: string): Promise<string> {
  if (!name?.startsWith('preset:')) return findModel(name)
  presetConfig(name.slice('preset:'.length)) // fails where there is none of that name
  return name
}
