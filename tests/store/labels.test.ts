import { inEnglish } from '../../electron/contract/index.ts'
import { titled } from '../support/messages.ts'
import fc from 'fast-check'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { openProject } from '../../electron/store/index.ts'
import { replayedLabels } from '../../electron/store/rescue/check.ts'
import { squareNuclei } from './nuclei.ts'
import { temporaryProject } from './temporary.ts'

function labelled(count = 20) {
  const { project, slideId } = temporaryProject()
  const ids = project.nuclei.append(slideId, squareNuclei(count))
  const label = (at: number[], classId: number) =>
    project.label({ slideId, reader: 'reader', title: titled(`to ${classId}`), ids: at.map((i) => ids[i]), classId })
  return { project, slideId, ids, label, labels: () => [...project.labels.labelsOf(ids)] }
}

test('undo and redo go step by step and name the step', () => {
  const { project, label, labels } = labelled(3)
  label([0, 1], 1)
  label([1, 2], 2)
  expect(labels()).toEqual([1, 2, 2])
  expect(project.log.undo('r')?.step.title).toEqual(titled('to 2'))
  expect(labels()).toEqual([1, 1, 0])
  expect(project.log.undo('r')?.step.title).toEqual(titled('to 1'))
  expect(labels()).toEqual([0, 0, 0])
  expect(project.log.undo('r')).toBeNull()
  expect(project.log.redo('r')?.step.title).toEqual(titled('to 1'))
  expect(labels()).toEqual([1, 1, 0])
  label([2], 3)
  expect(project.log.canRedo).toBe(false)
  expect(project.log.steps(10).map((s) => [inEnglish(s.title), s.undone])).toEqual([
    ['to 1', false],
    ['to 2', true],
    ['to 3', false],
  ])
})

test('one call undoes or redoes up to a step, but not to a step that a later one has replaced', () => {
  const { project, label, labels } = labelled(3)
  const moves = () => project.log.steps(10).map((s) => [inEnglish(s.title), s.undone, s.move])
  label([0], 1)
  label([1], 2)
  label([2], 3)
  const [one, two, three] = project.log.steps(10).map((s) => s.id)
  expect(project.log.goTo(two, 'r').map(({ step }) => inEnglish(step.title))).toEqual(['to 3', 'to 2'])
  expect(labels()).toEqual([1, 0, 0])
  label([2], 4)
  expect(moves()).toEqual([
    ['to 1', false, 'undo'],
    ['to 2', true, null],
    ['to 3', true, null],
    ['to 4', false, 'undo'],
  ])
  expect(() => project.log.goTo(three, 'r')).toThrow('neither undone nor brought back')
  expect(() => project.log.goTo(999, 'r')).toThrow('neither undone nor brought back')
  const four = project.log.steps(1)[0].id
  expect(project.log.goTo(one, 'r').map(({ step }) => inEnglish(step.title))).toEqual(['to 4', 'to 1'])
  expect(labels()).toEqual([0, 0, 0])
  expect(moves().map((m) => m[2])).toEqual(['redo', null, null, 'redo'])
  expect(project.log.goTo(four, 'r').map(({ step }) => inEnglish(step.title))).toEqual(['to 1', 'to 4'])
  expect(labels()).toEqual([1, 0, 4])
})

test('any sequence of labels, undo, redo and reopening gives the state that the log replays to', () => {
  const command = fc.oneof(
    fc.record({ ids: fc.uniqueArray(fc.nat(19), { minLength: 1 }), classId: fc.nat(4) }),
    fc.constantFrom('undo' as const, 'redo' as const, 'reopen' as const),
  )
  fc.assert(
    fc.property(fc.array(command, { maxLength: 25 }), (commands) => {
      const { project: first, slideId, ids } = labelled()
      let project = first
      const states: number[][] = [Array.from<number>({ length: 20 }).fill(0)]
      let at = 0
      for (const c of commands) {
        if (c === 'undo') at = project.log.undo('r') ? at - 1 : at
        else if (c === 'redo') at = project.log.redo('r') ? at + 1 : at
        else if (c === 'reopen') {
          project.close()
          project = openProject(project.path)
        } else {
          const next = states[at].slice()
          for (const i of c.ids) next[i] = c.classId
          states.splice(++at, states.length, next)
          project.label({ slideId, reader: 'r', title: titled('t'), ids: c.ids.map((i) => ids[i]), classId: c.classId })
        }
        expect([...project.labels.labelsOf(ids)]).toEqual(states[at])
      }
      expect(replayedLabels(project)).toEqual(project.labels.blocks)
      project.close()
    }),
    { numRuns: 15 },
  )
})

test('the log cannot be rewritten', () => {
  const { project, label } = labelled()
  label([0], 1)
  project.close()
  const raw = new DatabaseSync(project.path)
  onTestFinished(() => raw.close())
  expect(() => raw.exec('DELETE FROM step')).toThrow('append-only')
  expect(() => raw.exec(`UPDATE step SET reader = 'someone else'`)).toThrow('append-only')
})

test('a step that cannot be stored changes nothing', () => {
  const { project, label, labels, ids } = labelled(3)
  label([0], 1)
  // Slide 99 does not exist: the foreign key refuses the step.
  expect(() => project.label({ slideId: 99, reader: 'r', title: titled('t'), ids, classId: 2 })).toThrow()
  expect(labels()).toEqual([1, 0, 0])
  expect(project.log.steps(10)).toHaveLength(1)
})

test('the history of a nucleus lists the steps that named it', () => {
  const { project, ids, label } = labelled()
  label([0, 5], 1)
  label([2], 2)
  label([0], 3)
  expect(project.log.historyOf(ids[0]).map((s) => inEnglish(s.title))).toEqual(['to 1', 'to 3'])
  expect(project.log.historyOf(ids[1])).toEqual([])
})

test('half a million labels are one step, undone as one, whatever the order of their ids', () => {
  const { project, slideId } = temporaryProject()
  const ids = Uint32Array.from({ length: 500_000 }, (_, i) => 1_000_000 - 2 * i)
  const started = performance.now()
  project.label({ slideId, reader: 'r', title: titled('bulk'), ids, classId: 1 })
  const set = performance.now()
  project.log.undo('r')
  const undone = performance.now()
  console.log(`500,000 labels: set in ${Math.round(set - started)} ms, undone in ${Math.round(undone - set)} ms`)
  expect(project.labels.labelsOf(ids).every((c) => c === 0)).toBe(true)
  expect(project.labels.labelsOf(Uint32Array.of(3))[0]).toBe(0)
})
