import { expect, it } from 'vitest'
import { message, type Job, type Model, type SlideSummary } from '../../electron/contract/index.ts'
import { isUnfinished, nextStep } from '../../renderer/features/library/nextStep.ts'
import { takeUp } from '../../renderer/features/library/resumeJob.ts'
import { inOrder, parentOf } from '../../renderer/features/training/lineage.ts'
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
  losses: [],
  secondsLeft: null,
  seconds: null,
  message: null,
  failureKind: null,
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
