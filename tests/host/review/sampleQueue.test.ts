import { expect, test } from 'vitest'
import { sampleQueue, tiers, type QueueColumns, type Tier } from '../../../electron/host/review/sampleQueue.ts'

const unit = 65_535
const count = 20_000

/**
 * Nuclei of class 1 and class 2 in equal numbers and a few of class 3. For every tenth nucleus the model is unsure
 * between 1 and 2. Every fiftieth is labelled.
 */
function columns(change: Partial<QueueColumns> = {}): QueueColumns {
  const of = (value: (i: number) => number) => Uint16Array.from({ length: count }, (_, i) => value(i))
  const isRare = (i: number) => i % 500 === 7
  const isUnsure = (i: number) => i % 10 === 3
  return {
    count,
    first: of((i) => (isRare(i) ? 3 : 1 + (i % 2))),
    second: of((i) => (isRare(i) ? 1 : 2 - (i % 2))),
    p1: of((i) => Math.round(unit * (isUnsure(i) ? 0.52 : 0.95))),
    p2: of((i) => Math.round(unit * (isUnsure(i) ? 0.46 : 0.03))),
    label: of((i) => (i % 50 === 0 ? 1 : 0)),
    uncertain: new Uint8Array(count),
    own: Uint8Array.from({ length: count }, (_, i) => Number(i % 100 === 0)),
    outside: new Uint8Array(count),
    ...change,
  }
}

const ofTier = ({ position, tier }: ReturnType<typeof sampleQueue>, name: Tier) =>
  [...position].filter((_, k) => tiers[tier[k]] === name)

test('a queue has the requested shares, contains each nucleus once, and is the same for the same seed', () => {
  const queue = sampleQueue(columns(), 200, 5)
  expect(queue.position.length).toBe(200)
  expect(new Set(queue.position).size).toBe(200)
  const parts = Object.fromEntries(tiers.map((name) => [name, ofTier(queue, name).length]))
  expect(parts).toEqual({ uncertain: 80, confusedPair: 40, rareClass: 34, audit: 40, secondLook: 6 })
  expect(sampleQueue(columns(), 200, 5)).toEqual(queue)
  expect(sampleQueue(columns(), 200, 6)).not.toEqual(queue)
})

test('each tier contains the nuclei it is meant for', () => {
  const data = columns()
  const queue = sampleQueue(data, 200, 1)
  expect(ofTier(queue, 'uncertain').every((i) => i % 10 === 3)).toBe(true)
  expect(ofTier(queue, 'confusedPair').every((i) => i % 10 === 3 && data.first[i] !== 3)).toBe(true)
  expect(ofTier(queue, 'rareClass').every((i) => data.first[i] === 3 || data.second[i] === 3)).toBe(true)
  expect(ofTier(queue, 'secondLook').every((i) => data.label[i] !== 0 && data.own[i] === 1)).toBe(true)
  const served = [...queue.position].filter((_, k) => tiers[queue.tier[k]] !== 'secondLook')
  expect(served.every((i) => data.label[i] === 0)).toBe(true)
})

test('the audit tier includes nuclei that the model is confident about', () => {
  const audited = ofTier(sampleQueue(columns(), 1000, 3), 'audit')
  const sure = audited.filter((i) => i % 10 !== 3).length
  expect(sure / audited.length).toBeGreaterThan(0.8)
})

test('the tiers are mixed, so that the order does not reveal a nucleus’s tier', () => {
  const { tier } = sampleQueue(columns(), 300, 2)
  const firsts = new Set(tier.slice(0, 40))
  expect(firsts.size).toBeGreaterThanOrEqual(4)
})

test('the confused pair is the pair of classes that people correct most often', () => {
  const third = Uint16Array.from({ length: count }, (_, i) => (i % 10 === 3 && i % 20 === 13 ? 3 : 2 - (i % 2)))
  const label = Uint16Array.from({ length: count }, (_, i) => (i % 50 === 1 ? 3 : 0)) // the model predicted 2
  const data = columns({ second: third, label, own: new Uint8Array(count) })
  const asked = ofTier(sampleQueue(data, 200, 4), 'confusedPair')
  expect(asked.length).toBe(40)
  expect(asked.every((i) => data.first[i] === 2 && data.second[i] === 3)).toBe(true)
})

test('without predictions all nuclei are in the audit tier, and if there are too few nuclei the queue contains all', () => {
  const nothing = new Uint16Array(count)
  const blank = {
    first: nothing,
    second: nothing,
    p1: nothing,
    p2: nothing,
    label: nothing,
    own: new Uint8Array(count),
  }
  const queue = sampleQueue(columns(blank), 50, 1)
  expect(ofTier(queue, 'audit').length).toBe(50)
  const few = new Uint16Array(3)
  const small = {
    count: 3,
    first: few,
    second: few,
    p1: few,
    p2: few,
    label: few,
    uncertain: new Uint8Array(3),
    own: new Uint8Array(3),
    outside: new Uint8Array(3),
  }
  expect([...sampleQueue(small, 50, 1).position].sort()).toEqual([0, 1, 2])
})

test('the queue contains no nuclei outside the tissue, whatever their tier', () => {
  const outside = Uint8Array.from({ length: count }, (_, i) => Number(i % 3 !== 0))
  const { position, tier } = sampleQueue(columns({ outside }), 300, 5)
  expect(position.length).toBe(300)
  expect([...position].every((i) => outside[i] === 0)).toBe(true)
  expect(new Set(tier).size).toBe(tiers.length)
})

test('the nuclei that the model calls uncertain come first, between audit and second looks at their places', () => {
  const uncertain = Uint8Array.from({ length: count }, (_, i) => Number(i % 40 === 3))
  const queue = sampleQueue(columns({ uncertain }), 200, 5)
  expect(ofTier(queue, 'uncertain').every((i) => uncertain[i] === 1)).toBe(true)
  const isChosenByModel = (k: number) => !['audit', 'secondLook'].includes(tiers[queue.tier[k]])
  const flags = [...queue.position].flatMap((i, k) => (isChosenByModel(k) ? [uncertain[i]] : []))
  expect(flags).toContain(0)
  expect(flags.indexOf(0)).toBeGreaterThan(flags.lastIndexOf(1))
  const audits = [...queue.tier.keys()].filter((k) => tiers[queue.tier[k]] === 'audit')
  expect(audits.filter((k) => k < 100).length).toBeGreaterThan(10)
  expect(audits.filter((k) => k >= 100).length).toBeGreaterThan(10)
})

test('where fewer nuclei are uncertain than asked for, others fill the tier', () => {
  const uncertain = Uint8Array.from({ length: count }, (_, i) => Number(i === 13 || i === 23))
  const queue = sampleQueue(columns({ uncertain }), 200, 5)
  expect(ofTier(queue, 'uncertain').length).toBe(80)
  expect([...queue.position]).toEqual(expect.arrayContaining([13, 23]))
})
