import { describe, expect, it } from 'vitest'
import { cropAround } from '../../renderer/features/labelling/nucleus/crop.ts'
import { inView } from '../../renderer/features/viewer/viewTransform.ts'
import { SaveQueue } from '../../renderer/features/saving/saveQueue.ts'
import {
  modeOf,
  reasonFor,
  selectionAfterClick,
  selectionAfterStroke,
} from '../../renderer/features/labelling/tools/selection.ts'
import { cornersOf, thinned, travelOf } from '../../renderer/features/labelling/tools/stroke.ts'
import { inPolygon } from '../../models/geometry/polygon.ts'

describe('selection', () => {
  it('a click selects one nucleus and deselects the others; a click on empty tissue deselects all', () => {
    expect(selectionAfterClick([1, 2], 7, 'replace')).toEqual([7])
    expect(selectionAfterClick([1, 2], null, 'replace')).toEqual([])
  })

  it('a click with Shift adds or removes a nucleus and ignores empty tissue; a click with Alt removes one', () => {
    expect(modeOf({ shift: true, alt: false })).toBe('add')
    expect(selectionAfterClick([1], 7, 'add')).toEqual([1, 7])
    expect(selectionAfterClick([1, 7], 1, 'add')).toEqual([7])
    expect(selectionAfterClick([1, 7], null, 'add')).toEqual([1, 7])
    expect(selectionAfterClick([1, 7], 7, modeOf({ shift: false, alt: true }))).toEqual([1])
    expect(selectionAfterClick([1, 7], null, 'take')).toEqual([1, 7])
  })

  it('a stroke selects, adds without duplicates, or removes', () => {
    expect(selectionAfterStroke([1], [2, 3], 'replace')).toEqual([2, 3])
    expect(selectionAfterStroke([1, 2], [2, 3], 'add')).toEqual([1, 2, 3])
    expect(selectionAfterStroke([1, 2, 3], [2], 'take')).toEqual([1, 3])
  })
})

describe('the reason of a label', () => {
  it('the reason is stored only for the nucleus that the review asks about', () => {
    const asked = { nucleusId: 7, why: 'queue' }
    expect(reasonFor([7], asked)).toBe('queue')
    expect(reasonFor([8], asked)).toBeUndefined()
    expect(reasonFor([7, 8], asked)).toBeUndefined()
    expect(reasonFor([7], null)).toBeUndefined()
  })
})

describe('strokes', () => {
  it('a stroke drops repeated points, and has a length and a bounding rectangle', () => {
    expect(thinned([0, 0, 0.5, 0, 3, 0, 3.2, 0], 2)).toEqual([0, 0, 3, 0])
    expect(travelOf([5, 5, 8, 9, 5, 5])).toBe(5)
    expect(cornersOf([1, 2, 9, 9, 4, 6])).toEqual([1, 2, 4, 2, 4, 6, 1, 6])
  })
})

describe('the save queue', () => {
  const change = { name: 'a class', count: 1 }
  const settled = () => new Promise((resolve) => setTimeout(resolve, 5))

  it('changes are sent one after the other, in order', async () => {
    const sent: number[] = []
    let under = 0
    const queue = new SaveQueue(
      async () => false,
      () => undefined,
    )
    const send = (n: number) => async () => {
      expect(++under).toBe(1)
      await settled()
      sent.push(n)
      under--
      return n
    }
    expect(await Promise.all([1, 2, 3].map((n) => queue.add(change, send(n))))).toEqual([1, 2, 3])
    expect(sent).toEqual([1, 2, 3])
  })

  it('while the host is away, a change is sent again before later ones', async () => {
    const sent: string[] = []
    let away = 2
    const queue = new SaveQueue(
      async () => true,
      () => undefined,
    )
    const first = queue.add(change, async () => {
      if (away-- > 0) throw new TypeError('nobody answers')
      sent.push('first')
    })
    await Promise.all([first, queue.add(change, async () => void sent.push('second'))])
    expect(sent).toEqual(['first', 'second'])
  })

  it('a change that the host refuses for good is dropped, and the rest are sent', async () => {
    const unsaved: number[] = []
    const queue = new SaveQueue(
      async () => false,
      (changes) => unsaved.push(changes.length),
    )
    const refused = queue.add(change, () => Promise.reject(new Error('no such nucleus')))
    const next = queue.add(change, async () => 'saved')
    await expect(refused).rejects.toThrow('no such nucleus')
    expect(await next).toBe('saved')
    expect(unsaved).toEqual([1, 2, 1, 0])
  })

  it('all changes are sent at once when the page closes', async () => {
    const sent: number[] = []
    const queue = new SaveQueue(
      async () => false,
      () => undefined,
    )
    const never = new Promise<void>(() => undefined)
    for (const n of [1, 2, 3])
      void queue.add(change, () => {
        sent.push(n)
        return never
      })
    expect(sent).toEqual([1])
    queue.sendAll()
    expect(sent).toEqual([1, 2, 3])
  })
})

it('the crop of a nucleus is a square around its centre', () => {
  expect(cropAround([100, 50, 120, 60])).toEqual({ x: 80, y: 25, width: 60, height: 60 })
})

it('the view of a turned slide is the area that the stage shows, not its bounding box', () => {
  const c = Math.SQRT1_2
  // A stage of 400 × 300 px shows the slide turned by 45°, at one pixel per pixel.
  const transform = { a: c, b: c, c: -c, d: c, e: 200, f: 0, width: 400, height: 300 }
  const holds = inPolygon(inView(transform).polygon ?? [])
  const onSlide = (x: number, y: number) => [c * (x - 200) + c * y, -c * (x - 200) + c * y] as const
  expect(holds(...onSlide(5, 5))).toBe(true)
  expect(holds(...onSlide(395, 295))).toBe(true)
  expect(holds(...onSlide(-20, 150))).toBe(false)
  expect(holds(...onSlide(200, 320))).toBe(false)
})
