import { titled } from '../support/messages.ts'
import fc from 'fast-check'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { answers, type Nuclei, type NucleusClass } from '../../electron/contract/index.ts'
import { editOutlines, mergeProjects, openProject, type Project } from '../../electron/store/index.ts'
import { checkProject } from '../../electron/store/rescue/check.ts'
import { contentOf } from './contentOf.ts'
import { isLong } from '../support/long.ts'
import { squareNuclei } from './nuclei.ts'
import { temporaryFolder, temporaryProject } from './temporary.ts'
import { nucleiFromOutlines } from '../../models/nuclei/nuclei.ts'

const sequences = isLong ? 300 : 12

const shift = fc.record({ dx: fc.integer({ min: -14, max: 14 }), dy: fc.integer({ min: -14, max: 14 }) })
const places = fc.uniqueArray(fc.nat(15), { minLength: 1, maxLength: 6 })
const command = fc.oneof(
  fc.record({ do: fc.constant('label' as const), places, classId: fc.constantFrom(0, 1, 2, answers.notSure) }),
  fc.record({ do: fc.constant('detect' as const), places, shift }),
  fc.record({ do: fc.constant('import' as const), places, shift }),
  fc.record({ do: fc.constant('redraw' as const), places, shift }),
  fc.record({ do: fc.constantFrom('remove' as const, 'split' as const), places }),
  fc.record({ do: fc.constantFrom('undo' as const, 'redo' as const, 'reopen' as const, 'classify' as const) }),
)

/** Squares of 10 px at some of 16 places 20 px apart, moved a little. */
const squares = (at: readonly number[], { dx, dy }: { dx: number; dy: number }): Nuclei =>
  nucleiFromOutlines(
    at.map((p) => [20 * p + dx, dy, 20 * p + dx + 10, dy, 20 * p + dx + 10, dy + 10, 20 * p + dx, dy + 10]),
    'detected',
  )

/** What every sequence of work must leave true. `before` are the labels before the last piece of work. */
function check(project: Project, slideId: number, before: ReadonlyMap<number, number>, byPerson: boolean): void {
  const { id } = project.nuclei.of(slideId)
  expect(project.nuclei.heads(slideId).id).toEqual(id)
  expect(new Set(id).size, 'an id twice').toBe(id.length)
  const { nuclei, labelled } = project.slides.get(slideId)
  expect(nuclei).toBe(id.length)
  const now = labelsNow(project, slideId)
  expect(labelled, 'a label on a nucleus that is not there').toBe(now.size)
  if (!byPerson) expect(now, 'a label that no person changed').toEqual(before)
}

/** A run that speaks of all nuclei there are, shown; its id. */
function classify(project: Project, slideId: number, classes: readonly NucleusClass[]): number {
  const run = project.runs.create({
    slideId,
    modelId: 'm',
    modelTitle: 'm',
    classes: classes.map(({ name, id: classId }) => ({ name, classId })),
    nucleiVersion: 1,
  })
  const head = project.nuclei.heads(slideId)
  project.runs.append(run, head, new Float32Array(2 * head.count).fill(0.5))
  project.slides.show(slideId, run)
  return run
}

const labelsNow = (project: Project, slideId: number) =>
  new Map(
    [...project.nuclei.heads(slideId).id]
      .map((id) => [id, project.labels.labelsOf([id])[0]] as const)
      .filter(([, label]) => label !== 0)
      .sort(([a], [b]) => a - b),
  )

test(
  'no sequence of labels, edits, undo, reopening, detections, imports and predictions breaks an invariant',
  { timeout: sequences * 4_000 + 60_000 },
  () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 25 }), (commands) => {
        const made = temporaryProject()
        const { slideId } = made
        let { project } = made
        project.nuclei.append(slideId, squareNuclei(16))
        const classes = project.classes.getOrAdd([{ name: 'a' }, { name: 'b' }])
        const step = { slideId, reader: 'r', title: titled('t') }
        for (const c of commands) {
          const before = labelsNow(project, slideId)
          const { id } = project.nuclei.heads(slideId)
          const picked = 'places' in c ? [...new Set(c.places.map((p) => id[p % Math.max(1, id.length)]))] : []
          const byPerson = !['detect', 'import', 'reopen', 'classify'].includes(c.do)
          if (c.do === 'undo') project.log.undo('r')
          else if (c.do === 'redo') project.log.redo('r')
          else if (c.do === 'reopen') {
            const content = contentOf(project)
            project.close()
            project = openProject(project.path)
            expect(project.repairs).toEqual([])
            expect(contentOf(project)).toBe(content)
          } else if (c.do === 'classify') {
            classify(project, slideId, classes)
          } else if (c.do === 'detect')
            project.mergeDetection({ slideId, reader: 'r', title: titled('found') }, squares(c.places, c.shift))
          else if (c.do === 'import')
            project.mergeImport({ slideId, reader: 'r', title: titled('imported') }, squares(c.places, c.shift))
          else if (id.length === 0) continue
          else if (c.do === 'label') project.label({ ...step, ids: picked, classId: c.classId })
          else if (c.do === 'remove') editOutlines(project, step, { kind: 'remove', ids: picked })
          else if (c.do === 'redraw') {
            const { dx, dy } = c.shift
            editOutlines(project, step, {
              kind: 'redraw',
              id: picked[0],
              outline: [dx, dy, dx + 9, dy, dx + 9, dy + 9],
            })
          } else {
            const { box, origin } = project.nuclei.one(slideId, picked[0])
            const x = (box[0] + box[2]) / 2 + origin[0]
            editOutlines(project, step, { kind: 'split', id: picked[0], line: [x, -1000, x, 1000] })
          }
          check(project, slideId, before, byPerson)
        }
        project.close()
        expect(checkProject(project.path).problems).toEqual([])
      }),
      { numRuns: sequences },
    )
  },
)

test(
  'each undo restores nuclei, labels and predictions from before its step, and each redo those from after it',
  { timeout: sequences * 4_000 + 60_000 },
  () => {
    const work = fc.oneof(
      fc.record({ do: fc.constant('label' as const), places, classId: fc.constantFrom(0, 1, 2) }),
      fc.record({ do: fc.constantFrom('detect' as const, 'import' as const, 'redraw' as const), places, shift }),
      fc.record({ do: fc.constant('remove' as const), places }),
    )
    fc.assert(
      fc.property(fc.array(work, { maxLength: 15 }), (commands) => {
        const made = temporaryProject()
        const { slideId } = made
        let { project } = made
        project.nuclei.append(slideId, squareNuclei(16))
        const classes = project.classes.getOrAdd([{ name: 'a' }, { name: 'b' }])
        const run = classify(project, slideId, classes)
        const state = () => {
          const head = project.nuclei.heads(slideId)
          const { known, probabilities } = project.runs.predictions(run, head)
          return { nuclei: project.nuclei.of(slideId), head, known, probabilities, labels: labelsNow(project, slideId) }
        }
        const step = { slideId, reader: 'r', title: titled('t') }
        const states = [state()]
        for (const c of commands) {
          const { id } = project.nuclei.heads(slideId)
          const ids = [...new Set(c.places.map((p) => id[p % Math.max(1, id.length)]))]
          if (c.do === 'detect') project.mergeDetection(step, squares(c.places, c.shift))
          else if (c.do === 'import') project.mergeImport(step, squares(c.places, c.shift))
          else if (id.length === 0) continue
          else if (c.do === 'label') project.label({ ...step, ids, classId: c.classId })
          else if (c.do === 'remove') editOutlines(project, step, { kind: 'remove', ids })
          else editOutlines(project, step, { kind: 'redraw', id: ids[0], outline: [0, 0, c.shift.dx + 20, 0, 9, 9] })
          states.push(state())
        }
        project.close()
        project = openProject(project.path)
        for (const expected of states.slice(0, -1).reverse()) {
          expect(project.log.undo('r')).not.toBeNull()
          expect(state()).toEqual(expected)
        }
        expect(project.log.undo('r')).toBeNull()
        for (const expected of states.slice(1)) {
          project.log.redo('r')
          expect(state()).toEqual(expected)
        }
        project.close()
        expect(checkProject(project.path).problems).toEqual([])
      }),
      { numRuns: sequences },
    )
  },
)

test('copies labelled by two readers merge in any order without changing a label of either', () => {
  const labelling = fc.array(fc.record({ places, classId: fc.constantFrom(1, 2) }), { maxLength: 6 })
  fc.assert(
    fc.property(labelling, labelling, (first, second) => {
      const { project, slideId, folder } = temporaryProject(temporaryFolder())
      const ids = project.nuclei.append(slideId, squareNuclei(16))
      project.classes.getOrAdd([{ name: 'a' }, { name: 'b' }])
      project.close()
      const copies = (['Dr Ada', 'Dr Bo'] as const).map((reader, k) => {
        const path = join(folder, `${k}.karyon`)
        copyFileSync(project.path, path)
        const copy = openProject(path)
        for (const { places: at, classId } of [first, second][k])
          copy.label({ slideId, reader, title: titled('t'), ids: at.map((i) => ids[i]), classId })
        const labels = [...copy.labels.labelsOf(ids)]
        copy.close()
        return { path, reader, labels }
      })
      const merged = mergeProjects(copies[0].path, [copies[1].path], join(folder, 'merged.karyon'))
      const both = openProject(merged.output)
      expect([...both.labels.labelsOf(ids)]).toEqual(copies[0].labels)
      const [reading] = both.readings.all()
      const theirs = new Map(
        reading
          ? Array.from(both.readings.labels(reading.id).ids, (id, i) => [
              id,
              both.readings.labels(reading.id).labels[i],
            ])
          : [],
      )
      expect([...ids].map((id) => theirs.get(id) ?? 0)).toEqual(copies[1].labels)
      both.close()
      expect(checkProject(merged.output).problems).toEqual([])
    }),
    { numRuns: Math.ceil(sequences / 3) },
  )
})
