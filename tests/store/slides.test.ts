import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openProject } from '../../electron/store/index.ts'
import { slideInfo } from './nuclei.ts'
import { temporaryFolder, temporaryProject } from './temporary.ts'

test('a slide that moved together with its project is found', () => {
  const outer = temporaryFolder()
  mkdirSync(join(outer, 'here'))
  const { project, slideId } = temporaryProject(join(outer, 'here'))
  project.close()
  renameSync(join(outer, 'here'), join(outer, 'Öłç there'))
  const moved = openProject(join(outer, 'Öłç there', 'test.karyon'))
  onTestFinished(() => moved.close())
  expect(moved.slides.locate(slideId)).toBe(join(outer, 'Öłç there', 'slide.png'))
})

test('a slide opened again, even from another place, is the same slide', () => {
  const { project, slideId, folder } = temporaryProject()
  renameSync(join(folder, 'slide.png'), join(folder, 'renamed.png'))
  expect(() => project.slides.locate(slideId)).toThrow('is not where it was')
  expect(project.slides.add(join(folder, 'renamed.png'), slideInfo)).toBe(slideId)
  expect(project.slides.locate(slideId)).toBe(join(folder, 'renamed.png'))
})

test('another file under the name of the slide is not taken for it', () => {
  const { project, slideId, folder } = temporaryProject()
  writeFileSync(join(folder, 'slide.png'), 'somebody else')
  expect(() => project.slides.locate(slideId)).toThrow('is not the slide')
})
