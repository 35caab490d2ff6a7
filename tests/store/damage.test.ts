import { says, titled } from '../support/messages.ts'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { editOutlines, openProject, type Project } from '../../electron/store/index.ts'
import { checkProject, problemsOf } from '../../electron/store/rescue/check.ts'
import { contentOf } from './contentOf.ts'
import { FailureError, type Nuclei, inEnglish } from '../../electron/contract/index.ts'
import { isLong } from '../support/long.ts'
import { temporaryFolder, temporaryProject } from './temporary.ts'
import { startWriter } from './writer.ts'
import { boxOf, nucleiFromOutlines, outlineOf } from '../../models/nuclei/nuclei.ts'

const mutations = isLong ? 2_000 : 40

/** Outlines that do not compress to nothing, so that damage meets them too. */
function unevenNuclei(count: number): Nuclei {
  const random = randomFrom(7)
  const outlines = Array.from({ length: count }, (_, i) => {
    const [x, y] = [30 * (i % 100), 30 * Math.floor(i / 100)]
    return [x, y, x + 10 + random(900) / 100, y, x + 10, y + 10 + random(900) / 100, x, y + 10]
  })
  return nucleiFromOutlines(outlines, 'detected')
}

/** A project with a little of everything, closed; its bytes and its content. */
function furnished(): { bytes: Buffer; content: string } {
  const { project, slideId } = temporaryProject()
  const ids = project.nuclei.append(slideId, unevenNuclei(12_000))
  const classes = project.classes.getOrAdd([{ name: 'inflammatory' }, { name: 'epithelial' }])
  const step = { slideId, reader: 'Dr Ada', title: titled('a step') }
  project.settings.set('reader', 'Dr Ada')
  for (let k = 0; k < 20; k++) project.label({ ...step, ids: ids.slice(10 * k, 10 * k + 30), classId: 1 + (k % 2) })
  project.log.undo('Dr Ada')
  editOutlines(project, step, { kind: 'redraw', id: ids[3], outline: [60, 0, 75, 0, 75, 12] })
  editOutlines(project, step, { kind: 'remove', ids: [ids[4]] })
  const region = { id: 1, slideId, kind: 'interest' as const, name: 'front', outline: [0, 0, 900, 0, 900, 900] }
  project.log.append({ kind: 'region', ...step, count: 1, changes: { regions: { before: null, after: region } } })
  const run = project.runs.create({
    slideId,
    modelId: 'm',
    modelTitle: 'M',
    classes: classes.map(({ name, id }) => ({ name, classId: id })),
    nucleiVersion: 1,
  })
  const head = project.nuclei.heads(slideId)
  project.runs.append(
    run,
    head,
    Float32Array.from({ length: 2 * head.count }, (_, k) => (k % 7) / 7),
  )
  project.slides.show(slideId, run)
  const accepted = project.acceptance.change(slideId, run, ids.slice(40, 90))
  project.log.append({ kind: 'accept', ...step, count: 50, changes: { accepted } })
  project.readings.set('Dr Bo', 'another copy', 'b.karyon', {
    ids: ids.slice(0, 9),
    labels: new Uint16Array(9).fill(2),
  })
  project.models.add('study-1', 'study-models/study-1')
  const content = contentOf(project)
  project.close()
  return { bytes: readFileSync(project.path), content }
}

/** The same numbers for the same seed (Lehmer). */
function randomFrom(seed: number): (below: number) => number {
  let state = (seed * 2_654_435_761) % 2_147_483_647 || 1
  return (below) => Math.floor(((state = (state * 48_271) % 2_147_483_647) / 2_147_483_647) * below)
}

function damaged(bytes: Buffer, seed: number): Buffer {
  const random = randomFrom(seed)
  const copy = Buffer.from(bytes)
  const at = () => random(copy.length)
  switch (seed % 5) {
    case 0:
      return copy.subarray(0, at())
    case 1:
      copy.fill(0, at(), copy.length - random(4) * 4096)
      return copy
    case 2:
      for (let k = 0; k < 64; k++) copy[at()] ^= 1 << random(8)
      return copy
    default:
      copy[at()] ^= 1 << random(8)
      return copy
  }
}

test(
  'a damaged project is refused, rescued with a list of losses, or unharmed: it never crashes or changes silently',
  { timeout: mutations * 2_000 + 60_000 },
  () => {
    const { bytes, content } = furnished()
    const ends: Record<string, number> = { refused: 0, rescued: 0, repaired: 0, whole: 0 }
    for (let seed = 1; seed <= mutations; seed++) {
      const folder = temporaryFolder()
      // Every file has the same relative path to its slide, which is part of its content.
      const path = join(folder, 'test.karyon')
      writeFileSync(path, damaged(bytes, seed))
      ends[endOf(path, content, seed)]++
      rmSync(folder, { recursive: true })
    }
    console.log(`${mutations} damaged files: ${JSON.stringify(ends)}`)
    expect(ends.rescued).toBeGreaterThan(0)
    expect(ends.whole).toBeLessThan(mutations / 2)
  },
)

function endOf(path: string, content: string, seed: number): string {
  const bytes = readFileSync(path)
  try {
    const project = openProject(path)
    try {
      const isRescued = existsSync(`${path}.damaged`)
      if (isRescued) {
        expect(readFileSync(`${path}.damaged`), `mutation ${seed}`).toEqual(bytes)
        expect(project.repairs.length, `mutation ${seed}`).toBeGreaterThan(1)
      }
      expect(problemsOf(project), `mutation ${seed}`).toEqual([])
      // What is rescued can be worked with; what only repeats the log loses nothing by being made again.
      if (isRescued) workWith(project)
      else expect(contentOf(project), `mutation ${seed}`).toBe(content)
      return isRescued ? 'rescued' : project.repairs.length > 0 ? 'repaired' : 'whole'
    } finally {
      project.close()
    }
  } catch (error) {
    if (!(error instanceof FailureError)) throw new Error(`Mutation ${seed} crashed.`, { cause: error })
    expect(inEnglish(error.failure.message), `mutation ${seed}`).toMatch(/^\S.{30,}\.$/s)
    return 'refused'
  }
}

/** Labels, finds and edits nuclei, takes it all back, and finds things as they were. */
function workWith(project: Project): void {
  const [{ id: slideId }] = project.slides.all()
  const labels = () => [...project.labels.labelsOf(project.nuclei.heads(slideId).id)]
  const before = [project.nuclei.of(slideId), labels()]
  const step = { slideId, reader: 'r', title: titled('after') }
  expect(project.log.canUndo, 'no undo goes behind a rescue').toBe(false)
  project.mergeDetection(step, unevenNuclei(50))
  const { id } = project.nuclei.heads(slideId)
  project.label({ ...step, ids: id, classId: 1 })
  editOutlines(project, step, { kind: 'remove', ids: [id[0]] })
  while (project.log.undo('r'));
  expect([project.nuclei.of(slideId), labels()]).toEqual(before)
  expect(problemsOf(project)).toEqual([])
}

/** A furnished project, changed by SQL as damage would, opened. */
function hurt(harm: string): { project: Project; path: string } {
  const path = join(temporaryFolder(), 'test.karyon')
  writeFileSync(path, furnished().bytes)
  const raw = new DatabaseSync(path)
  raw.exec(harm)
  raw.close()
  const project = openProject(path)
  onTestFinished(() => project.close())
  return { project, path }
}

const labelsOf = (project: Project) => {
  const { id } = project.nuclei.heads(1)
  return Object.fromEntries([...id].map((one) => [one, project.labels.labelsOf([one])[0]]).filter(([, label]) => label))
}

test('a lost step of the log costs no label, and the loss is reported', () => {
  const { project: whole } = hurt('SELECT 1')
  const before = labelsOf(whole)
  for (const harm of [
    `DROP TRIGGER stepIsKept; DROP TRIGGER changeIsKept; DELETE FROM stepChange WHERE stepId = 9; DELETE FROM step WHERE id = 9`,
    `DROP TRIGGER stepIsFinal; UPDATE step SET reader = 'Dr Eve' WHERE id = 3`,
    `DROP TRIGGER changeIsFinal; UPDATE stepChange SET content = x'00' WHERE stepId = 12`,
  ]) {
    const { project } = hurt(harm)
    expect(project.repairs.map(inEnglish).join(), harm).toMatch(/of the log could not be read and (is|are) lost/)
    expect(labelsOf(project), harm).toEqual(before)
    expect(project.log.steps(99).at(-1)?.kind).toBe('rescue')
    expect(problemsOf(project)).toEqual([])
  }
})

test('nuclei with damaged outlines are kept as boxes with their labels, and lost nuclei are reported', () => {
  const { project: whole } = hurt('SELECT 1')
  const before = labelsOf(whole)
  const { project } = hurt(`UPDATE nucleusChunk SET outlines = substr(outlines, 1, 5000) WHERE id = 1`)
  expect(project.repairs.map(inEnglish).join()).toContain('the outlines of 12,000 nuclei of slide 1 are lost')
  expect(labelsOf(project)).toEqual(before)
  const heads = [whole, project].map((p) => p.nuclei.heads(1))
  expect(heads[1].box).toEqual(heads[0].box)
  const nuclei = project.nuclei.of(1)
  const [x0, y0, x1, y1] = boxOf(nuclei, 7)
  const corners = [x0, y0, x1, y0, x1, y1, x0, y1]
  expect([...outlineOf(nuclei, 7)].every((v, k) => Math.abs(v - corners[k]) < 0.02)).toBe(true)
  const run = project.runs.all()[0].id
  expect(project.runs.predictions(run, heads[1]).known).toEqual(whole.runs.predictions(run, heads[0]).known)

  const { project: without } = hurt(`UPDATE nucleusChunk SET head = x'00' WHERE id = 1`)
  expect(without.repairs.map(inEnglish).join()).toContain('12,000 nuclei of slide 1 are lost')
  expect(without.nuclei.heads(1).count, 'the one that a person drew').toBe(1)
  expect(problemsOf(without)).toEqual([])
})

test('labels of a lost class are kept under a new name, and a changed slide entry is reported', () => {
  const { project } = hurt(`PRAGMA foreign_keys = OFF; DELETE FROM class WHERE id = 2`)
  expect(project.classes.get(2).name).toBe('class 2 (rescued)')
  expect(project.repairs.map(inEnglish).join()).toContain('one class could not be read')
  const { project: scaled } = hurt(`UPDATE slide SET givenMpp = 0.5`)
  expect(scaled.repairs.map(inEnglish).join()).toContain('slide 1 may have changed')
})

test('a damaged project is refused where no rescue is wanted or no slide is left', () => {
  const path = join(temporaryFolder(), 'test.karyon')
  writeFileSync(path, furnished().bytes)
  const raw = new DatabaseSync(path)
  raw.exec(`PRAGMA foreign_keys = OFF; DELETE FROM slide`)
  raw.close()
  const bytes = readFileSync(path)
  expect(() => openProject(path, { rescue: false })).toThrow('The project is damaged')
  expect(() => openProject(path)).toThrow('The project is damaged')
  // The header counts who locked it.
  expect(readFileSync(path).subarray(100)).toEqual(bytes.subarray(100))
  expect(readdirSync(dirname(path))).toEqual(['test.karyon'])
})

test('data that only repeats the log is rebuilt from it, and the user is told', () => {
  const { bytes, content } = furnished()
  for (const [harm, told] of [
    [`UPDATE labelBlock SET classes = x'1f8b0800'`, 'the present labels'],
    [`UPDATE labelBlock SET block = 1`, 'the present labels'],
    [`UPDATE drawn SET nuclei = x'00' WHERE nuclei IS NOT NULL`, 'the present outlines'],
    [`UPDATE drawn SET inChunk = 0`, 'the present outlines'],
    [`UPDATE region SET name = 'bent'`, 'the regions of interest'],
  ]) {
    const path = join(temporaryFolder(), 'test.karyon')
    writeFileSync(path, bytes)
    const raw = new DatabaseSync(path)
    raw.exec(harm)
    raw.close()
    const project = openProject(path)
    onTestFinished(() => project.close())
    expect(project.repairs, harm).toEqual([says(told)])
    expect(contentOf(project), harm).toBe(content)
    project.close()
    expect(checkProject(path), harm).toMatchObject({ problems: [], repaired: [] })
  }
})

test('a damaged write-ahead log is reported: no acknowledged change is lost silently', async () => {
  const { project, slideId } = temporaryProject()
  project.nuclei.append(slideId, unevenNuclei(500))
  project.classes.getOrAdd([{ name: 'a' }, { name: 'b' }])
  project.close()
  const writer = startWriter()
  await writer.work(project.path, 12)
  await writer.kill()
  const [file, wal] = [readFileSync(project.path), readFileSync(`${project.path}-wal`)]
  const written = (damage: (log: Buffer) => void) => {
    const path = join(temporaryFolder(), 'test.karyon')
    const log = Buffer.from(wal)
    damage(log)
    writeFileSync(path, file)
    writeFileSync(`${path}-wal`, log)
    return path
  }
  const opened = (path: string) => {
    const whole = openProject(path)
    onTestFinished(() => whole.close())
    return whole
  }
  const whole = opened(written(() => undefined))
  expect(whole.repairs).toEqual([])
  const steps = whole.log.steps(1_000_000).length
  expect(steps).toBeGreaterThan(3)
  let told = 0
  for (let seed = 1; seed <= 20; seed++) {
    const random = randomFrom(seed)
    const hurt = written((log) => (log[seed === 1 ? 10 : random(log.length)] ^= 1 << random(8)))
    try {
      const project = opened(hurt)
      if (project.repairs.length > 0) told++
      else expect(project.log.steps(1_000_000), `mutation ${seed}`).toHaveLength(steps)
    } catch (error) {
      expect(error, `mutation ${seed}`).toBeInstanceOf(FailureError)
      told++
    }
  }
  expect(told).toBeGreaterThan(10)
})
