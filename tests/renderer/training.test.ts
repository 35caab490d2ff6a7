import { expect, it } from 'vitest'
import { message, type Job, type Model, type SlideSummary } from '../../electron/contract/index.ts'
import { isUnfinished, nextStep } from '../../renderer/features/library/nextStep.ts'
import { takeUp } from '../../renderer/features/library/resumeJob.ts'
import { inOrder, parentOf } from '../../renderer/features/training/lineage.ts'
import { chartColumns, withLosses, type LossHistory } from '../../renderer/features/training/lossHistory.ts'
import { probability, share } from '../../renderer/format.ts'

const job = (more: Partial<Job>): Job => ({
  id: 1,
  kind: 'finetune',
  slideId: null,
  region: null,
  title: message('training', { model: 'a' }),
  state: 'running',
  done: 0,
  of: 10,
  loss: null,
  heldOutLoss: null,
  secondsLeft: null,
  message: null,
  ...more,
})
const model = (id: string, more: Partial<Model>): Model => ({
  id,
  title: id,
  classes: [],
  mpp: 0.25,
  width: 192,
  layers: 6,
  lineage: [],
  builtIn: false,
  created: '2026-01-01T00:00:00Z',
  weightsHash: '',
  card: '',
  metric: '',
  heldOut: null,
  ...more,
})
const slide = (more: Partial<SlideSummary>) =>
  ({ id: 4, nuclei: 0, activeRunId: null, searched: null, ...more }) as SlideSummary

it('the page collects one loss per step for each training', () => {
  let history = withLosses(new Map(), [job({ done: 1, loss: 2 })])
  expect(withLosses(history, [job({ done: 1, loss: 2 })])).toBe(history)
  history = withLosses(history, [job({ done: 2, loss: 1 }), job({ id: 2, done: 1, loss: 9 })])
  expect(history.get(1)).toEqual([
    { at: 1, loss: 2, heldOut: null },
    { at: 2, loss: 1, heldOut: null },
  ])
  expect(history.get(2)).toHaveLength(1)
})

it('held-out losses stand at the steps at which they were measured, beside the losses of learning', () => {
  const seen = [
    job({ done: 0, heldOutLoss: 0.9 }),
    job({ done: 1, loss: 2, heldOutLoss: 0.9 }),
    job({ done: 2, loss: 1, heldOutLoss: 0.9 }),
    job({ done: 2, loss: 1, heldOutLoss: 0.7 }),
    job({ done: 3, loss: 0.5, heldOutLoss: 0.7 }),
  ]
  const points = seen.reduce((history, one) => withLosses(history, [one]), new Map() as LossHistory).get(1)!
  expect(chartColumns(points)).toEqual([
    [0, 1, 2, 3],
    [null, 2, 1, 0.5],
    [0.9, null, 0.7, null],
  ])
})

it('models are listed newest first, each with its parent', () => {
  const base = model('base', { builtIn: true, created: '2027-01-01T00:00:00Z' })
  const older = model('older', { lineage: ['base'], created: '2026-02-01T00:00:00Z' })
  const newer = model('newer', { lineage: ['base', 'older'], created: '2026-03-01T00:00:00Z' })
  expect(parentOf(newer, [base, older, newer])?.id).toBe('older')
  expect(parentOf(base, [base, older, newer])).toBeNull()
  expect(inOrder([base, older, newer]).map((m) => m.id)).toEqual(['newer', 'older', 'base'])
})

it('the next step for a slide is to find nuclei, then to classify; during work there is none', () => {
  expect(nextStep(slide({}), [])).toBe('detect')
  expect(nextStep(slide({ nuclei: 9 }), [])).toBe('classify')
  expect(nextStep(slide({ nuclei: 9, activeRunId: 1 }), [])).toBeNull()
  expect(nextStep(slide({}), [job({ kind: 'detect', slideId: 4 })])).toBeNull()
  expect(nextStep(slide({}), [job({ kind: 'detect', slideId: 5 })])).toBe('detect')
})

it('a partly searched slide is shown as partly searched', () => {
  const part = [{ x: 0, y: 0, width: 9, height: 9 }]
  expect(nextStep(slide({ searched: [] }), [])).toBe('detect')
  expect(nextStep(slide({ nuclei: 1, searched: [] }), []), 'drawn by hand alone').toBe('detect')
  expect(nextStep(slide({ nuclei: 9, searched: part }), [])).toBe('classify')
  const classified = slide({ nuclei: 9, activeRunId: 1, searched: part })
  expect([nextStep(classified, []), isUnfinished(classified, [])]).toEqual([null, true])
  expect(isUnfinished(classified, [job({ slideId: 4 })])).toBe(false)
  expect(isUnfinished({ ...classified, searched: null }, [])).toBe(false)
})

it('only the newest stopped job of a kind can be resumed, or started again if it cannot be resumed', () => {
  const part = [{ x: 0, y: 0, width: 9, height: 9 }]
  const stopped = job({ kind: 'detect', slideId: 4, state: 'cancelled' })
  expect(takeUp(stopped, [stopped], slide({ searched: part }))).toBe('goOn')
  expect(takeUp(stopped, [stopped], slide({ searched: null }))).toBe('again')
  expect(takeUp({ ...stopped, region: part[0] }, [stopped], slide({ searched: part }))).toBeNull()
  expect(takeUp({ ...stopped, state: 'done' }, [stopped], slide({ searched: part }))).toBeNull()
  expect(takeUp(stopped, [stopped, { ...stopped, id: 2 }], slide({ searched: part }))).toBeNull()
  expect(takeUp({ ...stopped, kind: 'classify' }, [], slide({ searched: null }))).toBe('goOn')
  expect(takeUp(job({ state: 'failed' }), [], undefined)).toBeNull()
})

it('probabilities are never rounded to 0 or 1', () => {
  expect(probability(0.934)).toBe('.93')
  expect(probability(0.9991)).toBe('> .99')
  expect(probability(0.001)).toBe('< .01')
  expect(probability(1)).toBe('1.00')
  expect(share(1, 0)).toBe('–')
})
