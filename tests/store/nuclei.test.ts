import { titled } from '../support/messages.ts'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Nuclei } from '../../electron/contract/index.ts'
import { unpackChunk } from '../../electron/store/nuclei/chunk.ts'
import { chunksOf, editOutlines, mergeDetection, type EditedNuclei } from '../../electron/store/index.ts'
import { matchNuclei } from '../../electron/store/nuclei/matchNuclei.ts'
import type { SlideNuclei } from '../../electron/store/nuclei/mergeNuclei.ts'
import { noNuclei } from '../../electron/store/nuclei/outlineChanges.ts'
import { squareNuclei } from './nuclei.ts'
import { temporaryProject } from './temporary.ts'
import { boxOf, nucleiFromOutlines, outlineOf } from '../../models/nuclei/nuclei.ts'
import { concatNuclei, withIds } from '../../models/nuclei/join.ts'

const numbered = (count: number, x = 0, y = 0, first = 1) =>
  withIds(
    squareNuclei(count, x, y),
    Uint32Array.from({ length: count }, (_, i) => first + i),
  )

/** Merging as a project does it, without one. */
const nobody: EditedNuclei = { everEdited: new Uint8Array(0), labelled: new Uint8Array(0) }
const slideOf = (nuclei: Nuclei, rest: Partial<SlideNuclei> = {}): SlideNuclei => ({
  found: { nuclei, since: new Uint32Array(nuclei.count) },
  drawn: noNuclei(),
  overridden: new Set(),
  version: 1,
  ...rest,
})
const flags = (ids: readonly number[]) => {
  const all = new Uint8Array(ids.reduce((most, id) => Math.max(most, id), 0) + 1)
  for (const id of ids) all[id] = 1
  return all
}

test('nuclei appended in pieces keep their outlines and get unique ids', () => {
  const { project, slideId } = temporaryProject()
  const first = project.nuclei.append(slideId, squareNuclei(3, 0, 0))
  const second = project.nuclei.append(slideId, squareNuclei(2, 100_000, 50_000))
  expect([...first, ...second]).toEqual([1, 2, 3, 4, 5])
  const all = project.nuclei.of(slideId)
  expect([...outlineOf(all, 4)]).toEqual([100_020, 50_000, 100_030, 50_000, 100_030, 50_010, 100_020, 50_010])
  project.mergeDetection({ slideId, reader: 'r', title: titled('found') }, squareNuclei(1, 300, 300))
  expect([...project.nuclei.of(slideId).id]).toEqual([6])
  expect(project.slides.get(slideId)).toMatchObject({ nuclei: 1, nucleiVersion: 3 })
})

test('chunks are no larger than asked, hold every nucleus once and are spatially compact', () => {
  const count = 140_000
  const nuclei = numbered(count)
  const merged = mergeDetection(slideOf(nuclei), squareNuclei(0), { ...nobody, labelled: flags([...nuclei.id]) })
  const chunks = [...chunksOf(merged, 1)]
  expect(chunks.map((c) => c.count)).toEqual([65_536, 65_536, 8_928])
  expect(chunks.flatMap((c) => [...c.ids]).sort((a, b) => a - b)).toEqual([...nuclei.id])
  const { nuclei: first } = unpackChunk(chunks[0])
  expect([...outlineOf(first, first.id.indexOf(4321))]).toEqual([...outlineOf(nuclei, 4320)])
  // Rows of 100 make a strip 2,000 wide and 28,000 high: each chunk is a part of its height.
  expect(chunks[0].bounds[3]).toBeLessThan(17_000)
})

test('outlines are stored to a hundredth of a pixel and do not drift when stored again', () => {
  const { project, slideId } = temporaryProject()
  const outline = [150_000.126, 7.333, 150_012.5, 9.25, 150_006.01, 30.999]
  project.nuclei.append(slideId, nucleiFromOutlines([outline], 'imported'))
  const stored = [...outlineOf(project.nuclei.of(slideId), 0)]
  outline.forEach((v, k) => expect(Math.abs(stored[k] - v)).toBeLessThan(0.011))
  for (let round = 0; round < 3; round++)
    project.mergeDetection({ slideId, reader: 'r', title: titled('found') }, squareNuclei(2, 20 * round, 0))
  const now = project.nuclei.of(slideId)
  expect([...outlineOf(now, now.source.indexOf(1))].map((v) => v.toFixed(2))).toEqual(stored.map((v) => v.toFixed(2)))
})

test('a coordinate that is NaN is refused with a sentence, and nothing is stored', () => {
  const { project, slideId } = temporaryProject()
  expect(() => project.nuclei.append(slideId, nucleiFromOutlines([[0, 0, NaN, 1, 1, 1]], 'imported'))).toThrow(
    'no place on a slide',
  )
  expect(project.nuclei.of(slideId).count).toBe(0)
})

test('a label follows its nucleus through a new detection', () => {
  const { project, slideId } = temporaryProject()
  const ids = project.nuclei.append(slideId, squareNuclei(4))
  project.label({ slideId, reader: 'r', title: titled('t'), ids: [ids[1], ids[3]], classId: 2 })
  // Found again 2 px off: nuclei 0, 1, 2. Not found: 3, which a human labelled. New: one far away.
  const found = concatNuclei([squareNuclei(3, 2, 2), squareNuclei(1, 1000, 1000)])
  const merged = project.mergeDetection({ slideId, reader: 'r', title: titled('found') }, found)
  expect([...merged.movedLabels]).toEqual([ids[1]])
  expect([...merged.unmatched]).toEqual([ids[3]])
  const now = project.nuclei.of(slideId)
  expect([...now.id].sort((a, b) => a - b)).toEqual([...ids, 5])
  expect(outlineOf(now, now.id.indexOf(ids[1]))[0]).toBe(22)
  expect(outlineOf(now, now.id.indexOf(ids[3]))[0]).toBe(60)
})

test('nuclei are matched by overlapping outlines, not boxes', () => {
  // Two thin crossing diagonals share box and centre; the squares overlap by a half.
  const diagonal = (up: boolean) =>
    up ? [0, 40, 4, 40, 40, 4, 40, 0, 36, 0, 0, 36] : [0, 0, 4, 0, 40, 36, 40, 40, 36, 40, 0, 4]
  const old = withIds(
    nucleiFromOutlines([diagonal(true), [100, 0, 110, 0, 110, 10, 100, 10]], 'detected'),
    Uint32Array.of(1, 2),
  )
  const found = nucleiFromOutlines([diagonal(false), [105, 0, 115, 0, 115, 10, 105, 10]], 'detected')
  const { match } = matchNuclei(old, found)
  expect([...match]).toEqual([-1, 1])
})

test('a prediction lasts exactly as long as its outline', () => {
  const { project, slideId } = temporaryProject()
  const ids = project.nuclei.append(slideId, squareNuclei(3))
  const [{ id: classId }] = project.classes.getOrAdd([{ name: 'round' }])
  const run = project.runs.create({
    slideId,
    modelId: 'm',
    modelTitle: 'M',
    classes: [{ name: 'round', classId }],
    nucleiVersion: 1,
  })
  project.runs.append(run, project.nuclei.heads(slideId), Float32Array.of(1, 1, 1))
  const known = () => {
    const head = project.nuclei.heads(slideId)
    const { known: flags } = project.runs.predictions(run, head)
    return [...ids].map((id) => flags[head.id.indexOf(id)])
  }
  // Found again: the first as it was, the second 3 px off, the third as it was.
  project.mergeDetection(
    { slideId, reader: 'r', title: titled('found') },
    concatNuclei([squareNuclei(1), squareNuclei(1, 23, 3), squareNuclei(1, 40, 0)]),
  )
  expect(known()).toEqual([1, 0, 1])
  editOutlines(
    project,
    { slideId, reader: 'r', title: titled('t') },
    { kind: 'redraw', id: ids[2], outline: [40, 0, 52, 0, 52, 12] },
  )
  expect(known()).toEqual([1, 0, 0])
  project.log.undo('r')
  expect(known(), 'the outline that the model saw is back').toEqual([1, 0, 1])
})

test('a detection of one region leaves the nuclei outside it alone', () => {
  const merged = mergeDetection(slideOf(numbered(10)), squareNuclei(0), nobody, { x: 0, y: 0, width: 55, height: 100 })
  expect([...merged.nuclei.id]).toEqual([4, 5, 6, 7, 8, 9, 10])
  expect([...merged.gone]).toEqual([1, 2, 3])
})

test('outlines from other tools stay unchanged and are not duplicated', () => {
  const imported = withIds(nucleiFromOutlines([[0, 0, 10, 0, 10, 10, 0, 10]], 'imported'), Uint32Array.of(7))
  const { nuclei } = mergeDetection(slideOf(imported), squareNuclei(2, 1, 1), nobody)
  expect([...nuclei.id]).toEqual([7, 0])
  expect([...outlineOf(nuclei, 0)]).toEqual([0, 0, 10, 0, 10, 10, 0, 10])
})

test('no detection loses a labelled nucleus or repeats an id', () => {
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
      const labelled = [...old.id].filter((id) => id % (modulus + 1) === 0)
      const merged = mergeDetection(slideOf(old), found, { ...nobody, labelled: flags(labelled) })
      const ids = [...merged.nuclei.id].filter((id) => id > 0)
      expect(new Set(ids).size).toBe(ids.length)
      expect(labelled.filter((id) => !ids.includes(id))).toEqual([])
      expect([...merged.movedLabels, ...merged.unmatched].sort((a, b) => a - b)).toEqual(labelled)
      expect([...ids, ...merged.gone].sort((a, b) => a - b)).toEqual([...old.id])
    }),
  )
})

test('the nuclei that touch a rectangle are found in slide order, also after people’s edits', () => {
  const { project, slideId } = temporaryProject()
  const ids = project.nuclei.append(slideId, squareNuclei(500))
  project.nuclei.append(slideId, squareNuclei(500, 0, 50_000))
  const step = { slideId, reader: 'r', title: titled('t') }
  editOutlines(project, step, { kind: 'redraw', id: ids[3], outline: [65, 5, 75, 5, 75, 15] })
  editOutlines(project, step, { kind: 'remove', ids: [ids[4]] })
  editOutlines(project, step, { kind: 'draw', outline: [45, 30, 55, 30, 55, 38] })
  const rect = { x: 35, y: 5, width: 60, height: 30 }
  const all = project.nuclei.of(slideId)
  const inside = [...all.id.keys()].filter((i) => {
    const [x0, y0, x1, y1] = boxOf(all, i)
    return x0 <= 95 && x1 >= 35 && y0 <= 35 && y1 >= 5
  })
  expect(inside.length).toBeGreaterThan(5)
  const near = project.nuclei.touching(slideId, rect)
  expect([...near.id]).toEqual(inside.map((i) => all.id[i]))
  inside.forEach((i, k) => expect([...outlineOf(near, k)]).toEqual([...outlineOf(all, i)]))
  expect(project.nuclei.touching(slideId, { x: 1e6, y: 0, width: 9, height: 9 }).count).toBe(0)
})
