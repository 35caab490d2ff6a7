import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findDetector } from '../../electron/launch/detectors.ts'
import { findModel } from '../../electron/launch/models.ts'

const folderWith = (file: string): string => {
  const folder = mkdtempSync(join(tmpdir(), 'karyon-launch-'))
  writeFileSync(join(folder, file), '{}')
  return folder
}

describe('a model or detector given by its folder', () => {
  it('is taken as it is', async () => {
    const [model, detector] = [folderWith('model.json'), folderWith('detector.json')]
    expect(await findModel(model)).toBe(model)
    expect(await findDetector(detector)).toBe(detector)
  })

  it('is refused with the reason if it is a detector where a model is needed, or the reverse', async () => {
    await expect(findModel(folderWith('detector.json'))).rejects.toThrow(/is a detector.*model\.json/)
    await expect(findDetector(folderWith('model.json'))).rejects.toThrow(/is a model.*detector\.json/)
  })

  it('is refused with the ids of the built-in ones if it is neither', async () => {
    await expect(findModel('nobody')).rejects.toThrow(/he-classes/)
  })
})
