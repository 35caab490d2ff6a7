import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nucleiFromOutlines, outlineOf } from '../../electron/contract/index.ts'
import { mergeDetection } from '../../electron/store/mergeDetection.ts'
import { concatNuclei, withIds } from '../../electron/store/index.ts'
import { spatialChunks } from '../../electron/store/spatialOrder.ts'
import { squareNuclei } from './nuclei.ts'
import { temporaryProject } from './temporary.ts'

const numbered = (count: number, x = 0, y = 0, first = 1) =>
  withIds(
    squareNuclei(count, x, y),
    Uint32Array.from({ length: count }, (_, i) => first + i),
  )

test('nuclei appended in pieces keep outlines and get ids that are never given twice', () => {
  const { project, slideId } = temporaryProject()
  const first = project.nuclei.append(slideId, squareNuclei(3, 0, 0))
  const second = project.nuclei.append(slideId, squareNuclei(2, 100_000, 50_000))
  expect([...first, ...second]).toEqual([1, 2, 3, 4, 5])
  const all = project.nuclei.of(slideId)
  expect([...outlineOf(all, 4)]).toEqual([100_020, 50_000, 100_030, 50_000, 100_030, 50_010, 100_020, 50_010])
  project.nuclei.replace(slideId, squareNuclei(1))
  expect([...project.nuclei.of(slideId).id]).toEqual([6])
  expect(project.slides.get(slideId)).toMatchObject({ nuclei: 1, nucleiVersion: 3 })
})

test('chunks are no larger than asked, hold every nucleus once and lie together', () => {
  const nuclei = numbered(10_000)
  const chunks = spatialChunks(nuclei, 1000)
  expect(chunks.every((c) => c.count <= 1000)).toBe(true)
  expect(chunks.flatMap((c) => [...c.id]).sort((a, b) => a - b)).toEqual([...nuclei.id])
  const extent = (c: (typeof chunks)[number]) => Math.max(...c.box) * Math.max(...c.box)
  // 10,000 nuclei fill 2000 × 2000 px; a chunk of a tenth, were it a random pick, would span all of it.
  expect(chunks.filter((c) => extent(c) < 1500 * 1500).length).toBeGreaterThan(7)
  const all = concatNuclei(chunks)
  const at = all.id.indexOf(4321)
  expect([...outlineOf(all, at)]).toEqual([...outlineOf(nuclei, 4320)])
})

test('a label follows its nucleus through a new detection', () => {
  const { project, slideId } = temporaryProject()
  const ids = project.nuclei.append(slideId, squareNuclei(4))
  project.labels.label({ slideId, reader: 'r', title: 't', ids: [ids[1], ids[3]], classId: 2 })
  // Found again 2 px off: nuclei 0, 1, 2. Not found: 3, which a human labelled. New: one far away.
  const found = concatNuclei([squareNuclei(3, 2, 2), squareNuclei(1, 1000, 1000)])
  const merged = project.mergeDetection(slideId, project.nuclei.of(slideId), found)
  expect([...merged.carried]).toEqual([ids[1]])
  expect([...merged.unmatched]).toEqual([ids[3]])
  const now = project.nuclei.of(slideId)
  expect([...now.id].sort((a, b) => a - b)).toEqual([...ids, 5])
  expect(outlineOf(now, now.id.indexOf(ids[1]))[0]).toBe(22)
  expect(outlineOf(now, now.id.indexOf(ids[3]))[0]).toBe(60)
})

test('a detection of one region leaves the nuclei outside it alone', () => {
  const old = numbered(10)
  const merged = mergeDetection(old, squareNuclei(0), () => false, { x: 0, y: 0, width: 55, height: 100 })
  expect([...merged.nuclei.id]).toEqual([4, 5, 6, 7, 8, 9, 10])
})

test('outlines from other tools stay as they are and are not doubled', () => {
  const imported = withIds(nucleiFromOutlines([[0, 0, 10, 0, 10, 10, 0, 10]], 'imported'), Uint32Array.of(7))
  const { nuclei } = mergeDetection(imported, squareNuclei(2, 1, 1), () => false)
  expect([...nuclei.id]).toEqual([7, 0])
  expect([...outlineOf(nuclei, 0)]).toEqual([0, 0, 10, 0, 10, 10, 0, 10])
})

test('no detection ever loses a labelled nucleus or gives one id twice', () => {
  const place = fc.record({ x: fc.nat(200), y: fc.nat(200), size: fc.integer({ min: 5, max: 30 }) })
  const nuclei = fc.array(place, { maxLength: 30 }).map((places) =>
    nucleiFromOutlines(
      places.map(({ x, y, size }) => [x, y, x + size, y, x + size, y + size]),
      'detected',
    ),
  )
  fc.assert(
    fc.property(nuclei, nuclei, fc.nat(3), (before, found, modulus) => {
      const old = withIds(
        before,
        Uint32Array.from({ length: before.count }, (_, i) => i + 1),
      )
      const isLabelled = (id: number) => id % (modulus + 1) === 0
      const merged = mergeDetection(old, found, isLabelled)
      const ids = [...merged.nuclei.id].filter((id) => id > 0)
      expect(new Set(ids).size).toBe(ids.length)
      const labelled = [...old.id].filter(isLabelled)
      expect(labelled.filter((id) => !ids.includes(id))).toEqual([])
      expect([...merged.carried, ...merged.unmatched].sort((a, b) => a - b)).toEqual(labelled)
    }),
  )
})
