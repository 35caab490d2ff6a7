import { chmodSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
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

test('another file of the same name is not mistaken for the slide', () => {
  const { project, slideId, folder } = temporaryProject()
  writeFileSync(join(folder, 'slide.png'), 'somebody else')
  expect(() => project.slides.locate(slideId)).toThrow('is not the slide')
})

test('slides of a moved folder are all found once one of them is', () => {
  const { project, slideId, folder } = temporaryProject()
  writeFileSync(join(folder, 'second.svs'), 'another slide')
  const second = project.slides.add(join(folder, 'second.svs'), slideInfo)
  mkdirSync(join(folder, 'Präparate 2026', 'inner'), { recursive: true })
  renameSync(join(folder, 'slide.png'), join(folder, 'Präparate 2026', 'Ω slide.png'))
  renameSync(join(folder, 'second.svs'), join(folder, 'Präparate 2026', 'inner', 'second.svs'))
  writeFileSync(join(folder, 'Präparate 2026', 'slide.png'), 'not read by the STORE')
  expect(project.slides.missing().map((s) => s.id)).toEqual([slideId, second])
  expect(project.slides.findAgain(join(folder, 'Präparate 2026'))).toBe(2)
  expect(project.slides.locate(slideId)).toBe(join(folder, 'Präparate 2026', 'Ω slide.png'))
  expect(project.slides.locate(second)).toBe(join(folder, 'Präparate 2026', 'inner', 'second.svs'))
  expect(project.slides.findAgain(folder)).toBe(0)
  expect(() => project.slides.findAgain(join(folder, 'nowhere'))).toThrow('no such file or folder')
})

test('slides may be in a read-only folder', () => {
  const { project, folder } = temporaryProject()
  mkdirSync(join(folder, 'archive'))
  writeFileSync(join(folder, 'archive', 'a.svs'), 'archived')
  chmodSync(join(folder, 'archive'), 0o555)
  const asRoot = process.getuid?.() === 0
  chmodSync(folder, 0o777)
  // Root may write anywhere: the rights only count for somebody else.
  if (asRoot) process.seteuid?.(65_534)
  try {
    const id = project.slides.add(join(folder, 'archive', 'a.svs'), slideInfo)
    expect(project.slides.locate(id)).toBe(join(folder, 'archive', 'a.svs'))
  } finally {
    if (asRoot) process.seteuid?.(0)
    chmodSync(join(folder, 'archive'), 0o755)
  }
  expect(readdirSync(join(folder, 'archive'))).toEqual(['a.svs'])
})
