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

test('each image of a file is a separate slide; when the file moves, all of them are found again', () => {
  const { project, folder } = temporaryProject()
  writeFileSync(join(folder, 'two.tif'), 'two images')
  const images = [1, 2].map((n) => ({ name: '', width: 100 * n, height: 50 }))
  const infos = [1, 2].map((image) => ({ ...slideInfo, width: 100 * image, height: 50, images, image }))
  const [first, second] = infos.map((info) => project.slides.add(join(folder, 'two.tif'), info))
  expect(second).not.toBe(first)
  expect(infos.map((info) => project.slides.add(join(folder, 'two.tif'), info))).toEqual([first, second])
  expect(project.slides.named(second)).toBe(`${join(folder, 'two.tif')}#image=2`)
  mkdirSync(join(folder, 'moved'))
  renameSync(join(folder, 'two.tif'), join(folder, 'moved', 'two.tif'))
  expect(project.slides.findAgain(join(folder, 'moved'))).toBe(2)
  expect(project.slides.named(first)).toBe(`${join(folder, 'moved', 'two.tif')}#image=1`)
})

test('a slide from before images were counted is the image of its size', () => {
  const { project, folder } = temporaryProject()
  writeFileSync(join(folder, 'two.tif'), 'two images')
  const old = project.slides.add(join(folder, 'two.tif'), { ...slideInfo, width: 200, height: 50 })
  const images = [100, 200].map((width) => ({ name: '', width, height: 50 }))
  const now = (image: number) => ({ ...slideInfo, width: 100 * image, height: 50, images, image })
  expect(project.slides.add(join(folder, 'two.tif'), now(1))).not.toBe(old)
  expect(project.slides.add(join(folder, 'two.tif'), now(2))).toBe(old)
})
