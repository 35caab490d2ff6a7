import { readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { FailureError } from '../../../electron/contract/index.ts'
import {
  needRoom,
  readCheckpoint,
  stepsOfCheckpoint,
  writeCheckpoint,
} from '../../../electron/engine/train/checkpoint.ts'
import { memoryArrays } from '../../../electron/engine/train/optimiserState.ts'
import { random } from '../../../models/nn/random.ts'
import { classifierLayout } from '../../../models/nucleusVit/layout.ts'
import { smallConfig } from '../../support/colourNuclei.ts'
import { smallDisk } from '../../support/smallDisk.ts'
import { temporaryFolder } from '../../support/cli.ts'

const layout = classifierLayout(smallConfig, 2)
const stateAt = (step: number) => ({
  trained: { layout, values: new Float32Array(layout.size).fill(step) },
  arrays: memoryArrays(layout.size, 2),
  arrayCount: 2,
  random: random(step),
  step,
  steps: 100,
  firstLoss: 1,
  lastLoss: 0.5,
})

test('on a full disk the previous checkpoint survives and training fails with a sentence', async (context) => {
  const disk = smallDisk(join(temporaryFolder(), 'disk'), 1)
  if (!disk) return context.skip('A test may not mount a small disk here.')
  const checkpoint = { path: join(disk, 'run.checkpoint'), key: 'this run' }
  await writeCheckpoint(checkpoint, stateAt(10))
  const before = readFileSync(checkpoint.path)
  const room = statfsSync(disk)
  writeFileSync(join(disk, 'filler'), new Uint8Array(room.bavail * room.bsize - before.length / 2))
  const refusal: unknown = await writeCheckpoint(checkpoint, stateAt(20)).catch((error: unknown) => error)
  expect(refusal).toBeInstanceOf(FailureError)
  expect((refusal as FailureError).failure.kind).toBe('disk-full')
  expect(readFileSync(checkpoint.path).equals(before)).toBe(true)
  expect(readdirSync(disk).sort()).toEqual(['filler', 'run.checkpoint'])
  rmSync(join(disk, 'filler'))
  const state = stateAt(0)
  expect(await readCheckpoint(checkpoint, state)).toBe(true)
  expect(state.step).toBe(10)
})

test('a checkpoint replaces only an older one of the same job, never another job’s or another file', async () => {
  const path = join(temporaryFolder(), 'run.checkpoint')
  await needRoom({ path, key: 'this run' })
  await writeCheckpoint({ path, key: 'this run' }, stateAt(10))
  await needRoom({ path, key: 'this run' })
  await expect(needRoom({ path, key: 'another' })).rejects.toThrow(/of another training or no checkpoint/)
  writeFileSync(path, 'Dear colleague')
  await expect(needRoom({ path, key: 'this run' })).rejects.toThrow(/of another training or no checkpoint/)
})

test('training does not resume from another job’s checkpoint', async () => {
  const path = join(temporaryFolder(), 'run.checkpoint')
  await writeCheckpoint({ path, key: 'this run' }, stateAt(10))
  expect(await stepsOfCheckpoint({ path, key: 'this run' })).toBe(100)
  expect(await stepsOfCheckpoint({ path, key: 'another' })).toBeUndefined()
  const state = stateAt(0)
  expect(await readCheckpoint({ path, key: 'another' }, state)).toBe(false)
  expect(state).toMatchObject({ step: 0 })
})
