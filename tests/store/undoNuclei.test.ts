import { titled } from '../support/messages.ts'
import { inEnglish, type Message } from '../../electron/contract/index.ts'
import { expect, onTestFinished, test } from 'vitest'
import { compactProject, openProject } from '../../electron/store/index.ts'
import { squareNuclei } from './nuclei.ts'
import { temporaryProject } from './temporary.ts'

const step = (slideId: number, title: string) => ({ slideId, reader: 'r', title: titled(title) })

test('undo skips a detection whose replaced nuclei were discarded, but not the steps before it', () => {
  const { project, slideId } = temporaryProject()
  const ids = project.nuclei.append(slideId, squareNuclei(4))
  project.label({ ...step(slideId, 'label'), ids, classId: 1 })
  project.mergeDetection(step(slideId, 'found'), squareNuclei(6, 3, 0))
  project.label({ ...step(slideId, 'second label'), ids: [ids[0]], classId: 2 })
  project.close()
  compactProject(project.path)
  const again = openProject(project.path)
  onTestFinished(() => again.close())
  const titles = (move: () => { step: { title: Message } } | null) => {
    const moved: string[] = []
    for (let done = move(); done; done = move()) moved.push(inEnglish(done.step.title))
    return moved
  }
  expect(titles(() => again.log.undo('r'))).toEqual(['second label', 'label'])
  expect([...again.labels.labelsOf(ids)]).toEqual([0, 0, 0, 0])
  expect(titles(() => again.log.redo('r'))).toEqual(['label', 'second label'])
  const moves = () => again.log.steps(9).map((s) => s.move)
  expect(moves()).toEqual(['undo', null, 'undo'])
  const [first, found, second] = again.log.steps(9).map((s) => s.id)
  expect(() => again.log.goTo(found, 'r')).toThrow('neither undone nor brought back')
  expect(again.log.goTo(first, 'r').map(({ step }) => inEnglish(step.title))).toEqual(['second label', 'label'])
  expect(moves()).toEqual(['redo', null, 'redo'])
  expect(again.log.goTo(second, 'r').map(({ step }) => inEnglish(step.title))).toEqual(['label', 'second label'])
  expect(again.nuclei.heads(slideId).count).toBe(6)
})

test('nuclei of a detection that can no longer be redone are discarded with the next one', () => {
  const { project, slideId } = temporaryProject()
  project.nuclei.append(slideId, squareNuclei(4))
  project.mergeDetection(step(slideId, 'first'), squareNuclei(6, 3, 0))
  project.log.undo('r')
  expect(project.nuclei.chunks.kept()).toHaveLength(1)
  project.mergeDetection(step(slideId, 'second'), squareNuclei(5, 3, 0))
  const kept = project.nuclei.chunks.kept()
  expect(kept).toHaveLength(1)
  project.log.undo('r')
  expect(project.nuclei.heads(slideId).count).toBe(4)
  expect(project.nuclei.chunks.of(slideId).map(({ id }) => id)).toEqual(kept.map(({ id }) => id))
})
