import { FailureError, message } from '../contract/index.ts'
import { findModel } from '../launch/models.ts'
import { presets } from '../../models/nucleusVit/config.ts'

/** What findModel takes, or "preset:<name>" for an encoder with random weights, as a control. */
export async function findEncoder(name?: string): Promise<string> {
  if (!name?.startsWith('preset:')) return findModel(name)
  if (!(name.slice('preset:'.length) in presets))
    throw new FailureError(
      'invalid-input',
      message('presetChoice', { known: Object.keys(presets), given: name.slice('preset:'.length) }),
    )
  return name
}
