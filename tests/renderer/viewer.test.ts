import { describe, expect, it } from 'vitest'
import { PressTracker } from '../../renderer/features/viewer/click.ts'
import { levelFor, tilesUnder } from '../../renderer/features/viewer/levels.ts'
import { nextObjective, objectives } from '../../renderer/features/viewer/objectives.ts'
import { magnification, magnificationLabel, scaleBar } from '../../renderer/features/viewer/scaleBar.ts'
import {
  scaleOf,
  toSlide,
  toStage,
  transformThrough,
  visibleRect,
} from '../../renderer/features/viewer/viewTransform.ts'

const level = (downsample: number) => ({
  width: Math.round(10_000 / downsample),
  height: Math.round(8_000 / downsample),
  downsample,
  tileWidth: 240,
  tileHeight: 240,
})

describe('clicks and pans', () => {
  it('a shaky click is a click', () => {
    const press = new PressTracker()
    press.press(100, 100)
    expect(press.move(103, 102)).toBe(false)
    expect(press.move(98, 104)).toBe(false)
    expect(press.release(101, 103)).toEqual({ x: 100, y: 100 })
  })

  it('a drag pans, even if it ends where it began', () => {
    const press = new PressTracker()
    press.press(100, 100)
    expect(press.move(120, 100)).toBe(true)
    expect(press.move(101, 100)).toBe(true)
    expect(press.release(100, 100)).toBeNull()
  })

  it('a fast drag whose only movement comes with the release is a drag', () => {
    const press = new PressTracker()
    press.press(0, 0)
    expect(press.release(30, 0)).toBeNull()
    expect(press.release(0, 0)).toBeNull()
  })
})

describe('levels and tiles', () => {
  const levels = [level(1), level(4), level(16.02)]

  it('the coarsest level with enough pixels is used', () => {
    expect(levelFor(levels, 0.3)).toBe(0)
    expect(levelFor(levels, 4)).toBe(1)
    expect(levelFor(levels, 100)).toBe(2)
  })

  it('tiles cover a rectangle without gaps, and end at the edge of the slide', () => {
    const tiles = tilesUnder(levels[1], { x: 9_000, y: 7_000, width: 5_000, height: 5_000 })
    expect(Math.min(...tiles.map((t) => t.x))).toBeLessThanOrEqual(9_000)
    expect(Math.max(...tiles.map((t) => t.x + t.width))).toBe(10_000)
    expect(Math.max(...tiles.map((t) => t.y + t.height))).toBe(8_000)
    const area = tiles.reduce((sum, t) => sum + t.width * t.height, 0)
    expect(area).toBe((10_000 - 8_640) * (8_000 - 6_720))
  })

  it('a rectangle outside the slide has no tiles', () => {
    expect(tilesUnder(levels[0], { x: 20_000, y: 0, width: 10, height: 10 })).toEqual([])
    expect(tilesUnder(levels[0], { x: -500, y: -500, width: 100, height: 100 })).toEqual([])
  })
})

describe('the view', () => {
  const slide = { width: 100_000, height: 60_000 }
  const turned = transformThrough(
    slide,
    { x: 400, y: -20 },
    { x: 400, y: 980 },
    { x: -200, y: -20 },
    { width: 800, height: 600 },
  )

  it('points are mapped from slide to stage and back, even if the view is rotated', () => {
    expect(scaleOf(turned)).toBeCloseTo(0.01, 12)
    const there = toStage(turned, 43_210.5, 12_345.25)
    const back = toSlide(turned, there.x, there.y)
    expect(back.x).toBeCloseTo(43_210.5, 6)
    expect(back.y).toBeCloseTo(12_345.25, 6)
  })

  it('the view returns the part of the slide that it shows', () => {
    const rect = visibleRect(turned)
    expect(rect.x).toBeCloseTo(2_000, 6)
    expect(rect.y).toBeCloseTo(-40_000, 6)
    expect(rect.width).toBeCloseTo(60_000, 6)
    expect(rect.height).toBeCloseTo(80_000, 6)
  })
})

describe('objectives', () => {
  it('objectives go up and down one by one, and stop at the first and the last', () => {
    const up = [0.3, ...objectives].map((now) => nextObjective(now, true))
    expect(up).toEqual([...objectives, 40])
    const down = [...objectives, 90].map((now) => nextObjective(now, false))
    expect(down).toEqual([1.25, ...objectives])
  })

  it('from in between, the next objective is chosen, and a tiny deviation is ignored', () => {
    expect([nextObjective(7, true), nextObjective(7, false)]).toEqual([10, 5])
    expect([nextObjective(10.1, true), nextObjective(9.9, true)]).toEqual([20, 20])
    expect([nextObjective(10.1, false), nextObjective(9.9, false)]).toEqual([5, 5])
  })
})

describe('the scale bar', () => {
  it('the scale bar has a round length that fits', () => {
    for (const micronsPerPixel of [0.0313, 0.25, 0.499, 3.7, 40, 250]) {
      const bar = scaleBar(micronsPerPixel, 140)
      expect(bar.pixels).toBeLessThanOrEqual(140)
      expect(bar.pixels).toBeGreaterThan(140 / 2.6)
      expect(bar.label).toMatch(/^[125]0* (µm|mm)$/)
    }
  })

  it('a quarter of a micrometre per pixel is shown as 40×', () => {
    expect(magnificationLabel(magnification(0.25))).toBe('40×')
    expect(magnificationLabel(magnification(4))).toBe('2.5×')
  })
})
