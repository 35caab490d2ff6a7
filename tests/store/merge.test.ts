import { titled } from '../support/messages.ts'
import { copyFileSync, existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import {
  agreements,
  createProject,
  editOutlines,
  mergeCopy,
  mergeProjects,
  openProject,
  type Project,
} from '../../electron/store/index.ts'
import { cohenKappa } from '../../models/metrics/kappa.ts'
import { slideInfo, squareNuclei } from './nuclei.ts'
import { temporaryFolder, temporaryProject } from './temporary.ts'
import { outlineOf } from '../../models/nuclei/nuclei.ts'

function reopened(path: string): Project {
  const project = openProject(path)
  onTestFinished(() => project.close())
  return project
}

/** A project of ten nuclei that Dr Ada began, and a copy of it for each reader. */
function copied(...readers: string[]) {
  const { project, slideId, folder } = temporaryProject(temporaryFolder())
  const ids = project.nuclei.append(slideId, squareNuclei(10))
  project.classes.getOrAdd([{ name: 'a' }, { name: 'b' }])
  const label = (p: Project, reader: string, at: number[], classId: number) =>
    p.label({ slideId, reader, title: titled('t'), ids: at.map((i) => ids[i]), classId })
  label(project, 'Dr Ada', [0], 1)
  project.close()
  const paths = readers.map((reader) => {
    const path = join(folder, `${reader}.karyon`)
    copyFileSync(project.path, path)
    return path
  })
  return { base: project.path, paths, folder, slideId, ids, label, output: join(folder, 'merged.karyon') }
}

test('a merge of three readers’ copies holds their labels side by side, with κ and disputes', () => {
  const { paths, slideId, ids, label, output } = copied('Ada', 'Bo', 'Cy')
  const work: [string, number[], number[]][] = [
    ['Dr Ada', [0, 1, 2, 3], [4, 5]],
    ['Dr Bo', [0, 1, 2], [3, 4, 5]],
    ['Dr Cy', [], []],
  ]
  work.forEach(([reader, a, b], k) => {
    const copy = openProject(paths[k])
    if (a.length) label(copy, reader, a, 1)
    if (b.length) label(copy, reader, b, 2)
    copy.close()
  })
  const { readings, agreement } = mergeProjects(paths[0], paths.slice(1), output)
  expect(readings).toEqual([{ reader: 'Dr Bo', file: 'Bo.karyon', labels: 6, added: 0 }])
  const [pair] = agreement
  expect(pair).toMatchObject({ first: 'Dr Ada', second: 'Dr Bo (Bo.karyon)', both: 6 })
  expect(pair.disputed).toEqual([{ nucleusId: ids[3], first: 1, second: 2 }])
  expect(pair.kappa).toBeCloseTo(cohenKappa([1, 1, 1, 1, 2, 2], [1, 1, 1, 2, 2, 2]), 12)
  const merged = reopened(output)
  expect([...merged.labels.labelsOf(ids)]).toEqual([1, 1, 1, 1, 2, 2, 0, 0, 0, 0])
  expect(merged.slides.get(slideId).labelled).toBe(6)
  expect(agreements(merged)).toEqual(agreement)
})

test('two readers of the same name, and a copy merged again, overwrite nobody', () => {
  const { base, paths, ids, label, output, folder } = copied('one', 'two')
  for (const [k, path] of paths.entries()) {
    const copy = openProject(path)
    label(copy, 'root', [k], 1 + k)
    copy.close()
  }
  mergeProjects(base, paths, output)
  const more = openProject(paths[0])
  label(more, 'root', [7], 2)
  more.close()
  const second = join(folder, 'second.karyon')
  mergeProjects(output, [paths[0]], second)
  const merged = reopened(second)
  const told = merged.readings.all().map(({ id }) => {
    const { ids: labelled, labels } = merged.readings.labels(id)
    return [[...labelled], [...labels]]
  })
  expect(told).toEqual([
    [
      [ids[0], ids[7]],
      [1, 2],
    ],
    [[ids[1]], [2]],
  ])
})

test('a nucleus that only a copy has is added with its label, and one with another id is recognised by its outline', () => {
  const { base, paths, slideId, label, output } = copied('Bo')
  const copy = openProject(paths[0])
  const step = { slideId, reader: 'Dr Bo', title: titled('t') }
  const { nucleusIds } = editOutlines(copy, step, { kind: 'draw', outline: [900, 900, 912, 900, 912, 912, 900, 912] })
  copy.label({ ...step, ids: nucleusIds, classId: 2 })
  label(copy, 'Dr Bo', [4], 1)
  copy.close()
  const { readings } = mergeProjects(base, paths, output)
  expect(readings).toEqual([{ reader: 'Dr Bo', file: 'Bo.karyon', labels: 2, added: 1 }])
  const merged = reopened(output)
  const [{ id }] = merged.readings.all()
  const { ids } = merged.readings.labels(id)
  const nuclei = merged.nuclei.of(slideId)
  expect([...outlineOf(nuclei, nuclei.id.indexOf(ids[1]))]).toEqual([900, 900, 912, 900, 912, 912, 900, 912])
  expect([...merged.labels.labelsOf(ids)], 'their labels are beside, not in, the log').toEqual([0, 0])
})

test('a copy merges into the open project with a report, replaces its own earlier merge, and is skipped by undo', () => {
  const { base, paths, slideId, ids, label } = copied('Bo')
  const copy = openProject(paths[0])
  label(copy, 'Dr Bo', [1, 2, 3], 2)
  copy.label({ slideId, reader: 'Dr Bo', title: titled('t'), reason: 'adjudicated', ids: [ids[0]], classId: 2 })
  editOutlines(copy, { slideId, reader: 'Dr Bo', title: titled('t') }, { kind: 'remove', ids: [ids[3]] })
  copy.close()
  const project = reopened(base)
  label(project, 'Dr Ada', [1], 1)
  editOutlines(project, { slideId, reader: 'Dr Ada', title: titled('t') }, { kind: 'remove', ids: [ids[0]] })
  const merged = { file: 'Bo.karyon', readings: [{ reader: 'Dr Bo', labels: 2 }], added: 0, leftOut: 1, decisions: 1 }
  expect(mergeCopy(project, paths[0])).toEqual(merged)
  expect(mergeCopy(project, paths[0])).toEqual(merged)
  expect(project.readings.all()).toHaveLength(1)
  expect(agreements(project).map(({ both, disputed }) => [both, disputed.length])).toEqual([[1, 1]])
  project.log.undo('Dr Ada')
  project.log.undo('Dr Ada')
  expect([...project.labels.labelsOf(ids.subarray(0, 4))]).toEqual([1, 0, 0, 0])
  expect(project.readings.all()).toMatchObject([{ reader: 'Dr Bo', count: 2 }])
})

test('a copy without news, the project itself and a damaged copy change nothing', () => {
  const { base, paths, folder, label } = copied('same', 'damaged', 'cut')
  const project = reopened(base)
  const nothing = { file: 'same.karyon', readings: [], added: 0, leftOut: 0, decisions: 0 }
  expect(mergeCopy(project, paths[0])).toEqual(nothing)
  const link = join(folder, 'link.karyon')
  symlinkSync(base, link)
  expect(() => mergeCopy(project, link)).toThrow('is the project that is open')
  const copy = openProject(paths[1])
  label(copy, 'Dr Bo', [1, 2, 3], 2)
  copy.close()
  const bytes = readFileSync(paths[1])
  // Every page but the first, which says what file it is.
  for (let at = 4096; at < bytes.length; at += 97) bytes[at] ^= 0x5a
  writeFileSync(paths[1], bytes)
  writeFileSync(paths[2], bytes.subarray(0, bytes.length >> 1))
  for (const path of paths.slice(1))
    expect(() => mergeCopy(project, path)).toThrow('is damaged, so nothing of it was merged')
  expect(project.readings.all()).toEqual([])
  expect(readdirSync(folder).filter((name) => name.includes('damaged'))).toHaveLength(1)
})

test('deciding a dispute leaves κ unchanged and ends the dispute until one of the two readers labels again', () => {
  const { base, slideId, ids } = copied()
  const project = reopened(base)
  const label = (reader: string, at: number[], classId: number, reason?: string) =>
    project.label({ slideId, reader, title: titled('t'), reason, ids: at.map((i) => ids[i]), classId })
  const adjudicate = (reader: string, at: number[], classId: number) => label(reader, at, classId, 'adjudicated')
  label('Dr Ada', [0, 1, 2, 3], 1)
  label('Dr Bo', [0, 1], 1)
  label('Dr Bo', [2, 3], 2)
  const [before] = agreements(project)
  expect(before.disputed.map(({ nucleusId }) => nucleusId)).toEqual([ids[2], ids[3]])
  adjudicate('Dr Cy', [2], 2)
  adjudicate('Dr Ada', [3], 2) // one of the two decides against herself
  const pairs = agreements(project)
  expect(pairs).toHaveLength(1)
  expect(pairs[0]).toEqual({ ...before, disputed: [] })
  expect([...project.labels.labelsOf([ids[2], ids[3]])]).toEqual([2, 2])
  project.log.undo('Dr Ada')
  expect(agreements(project)[0].disputed).toEqual([{ nucleusId: ids[3], first: 1, second: 2 }])
  label('Dr Cy', [2], 1)
  expect(agreements(project).find(({ second }) => second === 'Dr Bo')?.disputed).toHaveLength(1)
  label('Dr Ada', [2], 1)
  expect(agreements(project).find(({ second }) => second === 'Dr Bo')?.disputed).toHaveLength(2)
})

test('what cannot be merged is refused with a sentence and leaves nothing behind', () => {
  const { base, paths, folder, output } = copied('Bo')
  writeFileSync(join(folder, 'another.png'), 'another slide')
  const stranger = createProject(join(folder, 'stranger.karyon'))
  stranger.slides.add(join(folder, 'another.png'), slideInfo)
  stranger.close()
  writeFileSync(join(folder, 'text.karyon'), 'a letter')
  expect(() => mergeProjects(base, [join(folder, 'text.karyon')], output)).toThrow('not a Karyon project')
  expect(() => mergeProjects(base, [stranger.path], output)).toThrow('no slide in common')
  expect(() => mergeProjects(base, paths, base)).toThrow('it is there already')
  expect(() => mergeProjects(base, paths, join(folder, 'nowhere', 'm.karyon'))).toThrow('no such file or folder')
  expect(existsSync(output)).toBe(false)
  expect(readdirSync(folder).filter((name) => name.includes('merging'))).toEqual([])
})

test('kappa equals the textbook example: .4 for 20, 5, 10 and 15 cases', () => {
  // Cohen's 2 × 2 example as it stands in many textbooks: p_o = .7, p_e = .5.
  const cases = [
    ...Array<[number, number]>(20).fill([1, 1]),
    ...Array<[number, number]>(5).fill([1, 2]),
    ...Array<[number, number]>(10).fill([2, 1]),
    ...Array<[number, number]>(15).fill([2, 2]),
  ]
  expect(
    cohenKappa(
      cases.map(([a]) => a),
      cases.map(([, b]) => b),
    ),
  ).toBeCloseTo(0.4, 12)
  expect(cohenKappa([3, 3], [3, 3])).toBe(1)
  expect(cohenKappa([], [])).toBeNaN()
})
