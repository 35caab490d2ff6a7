import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { unwrap, type FinetuneMethod } from '../../../electron/contract/index.ts'
import { writeGeoJson } from '../../../electron/formats/index.ts'
import { Workbench } from '../../../electron/host/index.ts'
import { connectEngine } from '../../../electron/launch/engineClient.ts'
import { writeColourSlide } from '../../support/colourSlide.ts'
import { temporaryFolder } from '../../store/temporary.ts'
import { writeTrainedSmallModel } from '../../support/smallModel.ts'

test('the same labels give the same weights hash when the project is opened again, in another process of the engine', async () => {
  const folder = temporaryFolder()
  const { slide, nuclei, truth } = await writeColourSlide(folder)
  const builtInModels = join(folder, 'built-in')
  mkdirSync(builtInModels)
  await writeTrainedSmallModel(join(builtInModels, 'small'))
  const outlines = join(folder, 'outlines.geojson')
  unwrap(await writeGeoJson(outlines, { nuclei, classes: [], classIndex: new Int16Array(nuclei.count).fill(-1) }))

  const project = join(folder, 'study.karyon')
  const open = () => Workbench.open({ project, builtInModels, version: '0.0.0', engine: connectEngine() })
  const trained = async (workbench: Workbench, method: FinetuneMethod) => {
    workbench.activate('small')
    await workbench.idle()
    const epochs = method === 'head' ? {} : { epochs: 2 }
    const job = await workbench.finished(workbench.train({ method, ...epochs, holdOut: { kind: 'auto' } }))
    expect(job.state).toBe('done')
    await workbench.idle()
    const { models, activeModelId } = workbench.state()
    return models.find(({ id }) => id === activeModelId)!.weightsHash
  }
  const methods = ['head', 'lora'] as const

  const first = await open()
  first.live.switch(false)
  const slideId = await first.openSlide(slide, 0.5)
  await first.importFiles(slideId, [outlines], false)
  await first.finished(first.classify(slideId))
  const { id } = first.nuclei(slideId)
  const classIds = first.state().classes.map((c) => c.id)
  // Turned round, so that there is something to learn.
  for (const c of [0, 1])
    first.labels.set(
      slideId,
      id.filter((_, i) => truth[i] === c),
      classIds[1 - c],
    )
  const before: string[] = []
  for (const method of methods) before.push(await trained(first, method))
  await first.close()

  const second = await open()
  const again: string[] = []
  for (const method of methods) again.push(await trained(second, method))
  expect(again).toEqual(before)
  // Another label gives other weights: the hash says something.
  second.labels.set(slideId, [id[0]], classIds[truth[0]])
  expect(await trained(second, 'head')).not.toBe(before[0])
  await second.close()
})
