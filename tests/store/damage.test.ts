import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { editOutlines, openProject } from '../../electron/store/index.ts'
import { checkProject } from '../../electron/store/maintenance.ts'
import { contentOf } from './contentOf.ts'
import { FailureError, nucleiFromOutlines, type Nuclei } from '../../electron/contract/index.ts'
import { temporaryFolder, temporaryProject } from './temporary.ts'
import { startWriter } from './writer.ts'

// More by hand: KARYON_MUTATIONS=1000 npx vitest run tests/store/damage.test.ts
const mutations = Number(process.env.KARYON_MUTATIONS ?? 60)

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
  const ids = project.nuclei.append(slideId, unevenNuclei(3000))
  const classes = project.classes.ensure([{ name: 'inflammatory' }, { name: 'epithelial' }])
  const step = { slideId, reader: 'Dr Ada', title: 'a step' }
  project.settings.set('reader', 'Dr Ada')
  for (let k = 0; k < 20; k++) project.label({ ...step, ids: ids.slice(10 * k, 10 * k + 30), classId: 1 + (k % 2) })
  project.log.undo('Dr Ada')
  editOutlines(project, step, { kind: 'redraw', id: ids[3], outline: [60, 0, 75, 0, 75, 12] })
  editOutlines(project, step, { kind: 'remove', ids: [ids[4]] })
  const region = { id: 1, slideId, name: 'front', outline: [0, 0, 900, 0, 900, 900] }
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
  'a damaged project is refused with a sentence, repaired with a word, or whole: never a crash, never a silent change',
  { timeout: mutations * 2_000 + 60_000 },
  () => {
    const { bytes, content } = furnished()
    const folder = temporaryFolder()
    const ends: Record<string, number> = { refused: 0, listed: 0, repaired: 0, whole: 0 }
    for (let seed = 1; seed <= mutations; seed++) {
      // Every file has the same relative path to its slide, which is part of its content.
      const path = join(folder, 'test.karyon')
      writeFileSync(path, damaged(bytes, seed))
      const end = endOf(path, content, seed)
      ends[end]++
    }
    console.log(`${mutations} damaged files: ${JSON.stringify(ends)}`)
    expect(ends.refused).toBeGreaterThan(0)
    expect(ends.whole).toBeLessThan(mutations / 2)
  },
)

function endOf(path: string, content: string, seed: number): string {
  try {
    const { problems, repaired } = checkProject(path)
    if (problems.length > 0) return 'listed'
    const project = openProject(path)
    try {
      const [slide] = project.slides.all()
      expect(slide, `mutation ${seed}`).toBeDefined()
      // Where the present state was made again, its content is as before: what repeats the log loses nothing.
      expect(contentOf(project), `mutation ${seed}`).toBe(content)
    } finally {
      project.close()
    }
    return repaired.length > 0 ? 'repaired' : 'whole'
  } catch (error) {
    if (!(error instanceof FailureError)) throw new Error(`Mutation ${seed} crashed.`, { cause: error })
    expect(error.failure.message, `mutation ${seed}`).toMatch(/^\S.{30,}\.$/s)
    return 'refused'
  }
}

test('what only repeats the log is made again from it, and the user is told', () => {
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
    expect(project.repaired, harm).toEqual([expect.stringContaining(told)])
    expect(contentOf(project), harm).toBe(content)
    project.close()
    expect(checkProject(path), harm).toMatchObject({ problems: [], repaired: [] })
  }
})

test('a changed step, class or slide is not made up for: the project is refused and left as it was', () => {
  const { bytes } = furnished()
  for (const harm of [
    `UPDATE class SET name = 'inflammatorz' WHERE id = 1`,
    `UPDATE slide SET givenMpp = 0.5`,
    `DELETE FROM runPiece`,
    `DROP TRIGGER stepIsFinal; UPDATE step SET reader = 'Dr Eve' WHERE id = 3`,
    `DELETE FROM seal WHERE tableName = 'step' AND rowKey = 3`,
  ]) {
    const path = join(temporaryFolder(), 'test.karyon')
    writeFileSync(path, bytes)
    const raw = new DatabaseSync(path)
    raw.exec(harm)
    raw.close()
    expect(() => openProject(path), harm).toThrow('The project is damaged')
  }
})

test('a damaged write-ahead log is told: no acknowledged change goes in silence', async () => {
  const { project, slideId } = temporaryProject()
  project.nuclei.append(slideId, unevenNuclei(500))
  project.classes.ensure([{ name: 'a' }, { name: 'b' }])
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
  expect(whole.repaired).toEqual([])
  const steps = whole.log.steps(1_000_000).length
  expect(steps).toBeGreaterThan(3)
  let told = 0
  for (let seed = 1; seed <= 20; seed++) {
    const random = randomFrom(seed)
    const hurt = written((log) => (log[seed === 1 ? 10 : random(log.length)] ^= 1 << random(8)))
    try {
      const project = opened(hurt)
      if (project.repaired.length > 0) told++
      else expect(project.log.steps(1_000_000), `mutation ${seed}`).toHaveLength(steps)
    } catch (error) {
      expect(error, `mutation ${seed}`).toBeInstanceOf(FailureError)
      told++
    }
  }
  expect(told).toBeGreaterThan(10)
})
